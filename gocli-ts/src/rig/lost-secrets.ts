import { isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo } from '../place/port.ts';
import type { RigDeps } from './deps.ts';
import { holderOf } from './holder.ts';
import { idOfState } from './identity.ts';
import { kindOf } from './kind.ts';
import { readRecord } from './record.ts';
import { readSecret, STATE_FILE, writeSecret, type RigState } from './state.ts';

/**
 * Copies keys back from the record that somebody removed from the state folder: what says that the folder is current
 * says nothing of them.
 * @param containers of the rig, as far as they are known
 * @throws GocliError FILE, DISK_FULL
 */
export async function restoreSecrets(
  state: RigState,
  containers: readonly ContainerInfo[],
  { docker, paths, kinds }: Pick<RigDeps, 'docker' | 'paths' | 'kinds'>,
): Promise<void> {
  const { name, plan, revision } = state;
  // Without a record there is nothing to copy.
  if (revision === undefined) return;
  const files = [STATE_FILE.sshKey, ...kindOf(kinds, plan.guest).secretFiles];
  const lost = await Promise.all(
    files.map(async (file) =>
      readSecret(paths, name, file).then(
        () => [],
        (error: unknown) => (isCode(error, 'NOT_FOUND') ? [file] : []),
      ),
    ),
  );
  if (lost.flat().length === 0) return;
  const id = idOfState(state);
  const [volume] = await docker.volumes.list({ [LABEL.cluster]: id, [LABEL.role]: 'machines' });
  await using holder = await holderOf({ id, containers, volume }, docker);
  const record = holder.container === undefined ? undefined : await readRecord(docker, holder.container.id);
  for (const file of lost.flat()) {
    const text = record?.secrets[file];
    if (text !== undefined) await writeSecret(paths, name, file, text);
  }
}
