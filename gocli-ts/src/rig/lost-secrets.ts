import { isCode } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { ContainerInfo } from '../place/interface.ts';
import type { RigDeps } from './deps.ts';
import { holderOf } from './holder.ts';
import { idOfState } from './identity.ts';
import { kindOf } from './kind.ts';
import type { Kind } from './kind.ts';
import { readRecord, type RigRecord } from './record.ts';
import { readSecret, STATE_FILE, writeSecret, type RigState } from './state.ts';

/**
 * The secrets of a record as they are for its rig as it is called now: some have its name in them, and a rename that was
 * killed leaves a record of another one.
 */
export function secretsNamed(
  { name, plan }: RigState,
  record: RigRecord,
  kinds: readonly Kind[],
): RigRecord['secrets'] {
  const { state, secrets } = record;
  if (state.name === name) return secrets;
  const kind = kindOf(kinds, plan.guest);
  // One that was never Ready has no keys yet.
  if (!kind.secretFiles.every((file) => file in secrets)) return secrets;
  return { ...secrets, ...kind.keyFiles({ ...state, name }, kind.readKeys(secrets)) };
}

/**
 * Copies keys back from the record that somebody removed from the state folder, or that are left out there since they
 * were written under another name: what says that the folder is current says nothing of them.
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
  const secrets = record === undefined ? {} : secretsNamed(state, record, kinds);
  for (const file of lost.flat()) {
    const text = secrets[file];
    if (text !== undefined) await writeSecret(paths, name, file, text);
  }
}
