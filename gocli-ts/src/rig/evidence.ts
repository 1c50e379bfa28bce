import { join } from 'node:path';
import { LABEL } from '../place/labels.ts';
import { writeAtomic } from '../host/atomic-files.ts';
import { MACHINE_PATH } from '../machine/spec.ts';
import { redact } from '../shared/redact.ts';
import type { RigDeps } from './deps.ts';
import type { Identity } from './identity.ts';

/**
 * Keeps the logs and consoles of a start that failed in `<state>/failed/<name>-<run>`, as far as they can be had.
 * Returns the folder.
 */
export async function collectEvidence(
  { name, id }: Identity,
  run: string,
  { docker, paths }: Pick<RigDeps, 'docker' | 'paths'>,
): Promise<string | undefined> {
  const containers = await docker.containers.list({ [LABEL.cluster]: id, [LABEL.run]: run });
  if (containers.length === 0) return undefined;
  const folder = join(paths.state, 'failed', `${name}-${run}`);
  await Promise.all(
    containers.flatMap(({ id, name: container, labels }) => {
      const log = docker.containers
        .logs(id)
        .then((text) => writeAtomic(join(folder, `${container}.log`), redact(text)))
        .catch(() => undefined);
      if (labels[LABEL.node] === undefined) return [log];
      const console = docker.containers
        .readFile(id, MACHINE_PATH.consoleLog)
        .then((data) => writeAtomic(join(folder, `${container}.console.log`), redact(data.toString('utf8'))))
        .catch(() => undefined);
      return [log, console];
    }),
  );
  return folder;
}

/** The same for a start of this run, of which the user is told; what cannot be kept is no reason to stop. */
export async function keepEvidence(
  rig: Identity,
  deps: Pick<RigDeps, 'docker' | 'paths' | 'run' | 'emit'>,
): Promise<void> {
  const folder = await collectEvidence(rig, deps.run, deps).catch(() => undefined);
  if (folder === undefined) return;
  deps.emit({ type: 'notice', level: 'info', text: `What was logged is kept in ${folder}` });
}
