import { LABEL } from '../../place/labels.ts';
import { GocliError, messageOf } from '../../errors/error.ts';
import { redact } from '../../shared/redact.ts';
import { lastLines } from '../../shared/text.ts';
import type { RigDeps } from '../deps.ts';
import { nodeOf } from '../find.ts';
import type { FoundRig } from '../life.ts';
import { consoleTail } from '../watchdog.ts';

export interface LogTail {
  /** Container name, with ` console` behind it for a machine's serial console. */
  readonly source: string;
  readonly text: string;
}

/**
 * The last lines of every container and console of a cluster, or of one node, secrets masked.
 * @throws GocliError NOT_FOUND for an unknown node
 */
export async function tailLogs(
  found: FoundRig,
  node: string | undefined,
  lines: number,
  { docker }: Pick<RigDeps, 'docker'>,
): Promise<LogTail[]> {
  if (!Number.isInteger(lines) || lines < 1) {
    throw new GocliError('BAD_VALUE', `--tail: ${lines} is not a number of lines`, {
      hint: 'A whole number from 1 on.',
    });
  }
  const containers = node === undefined ? found.containers : [nodeOf(found, node)];
  const tails = containers.flatMap(({ id, name, labels }) => {
    const log = docker.containers
      .logs(id, { tail: lines })
      .catch((error: unknown) => `(not readable: ${messageOf(error)})`);
    const own = log.then((text) => ({ source: name, text: lastLines(text, lines) }));
    if (labels[LABEL.node] === undefined) return [own];
    return [own, consoleTail(docker, id, lines).then((text) => ({ source: `${name} console`, text }))];
  });
  return (await Promise.all(tails)).map(({ source, text }) => ({ source, text: redact(text) }));
}
