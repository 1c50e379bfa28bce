import { LABEL } from '../../place/labels.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import type { FoundRig } from '../life.ts';
import { json, onePart, type LogDeps, type LogPart } from './part.ts';

/** Logs and facts of every container, and the serial console of every machine. They outlive the container's end. */
export function containerParts(found: FoundRig, { docker }: LogDeps): LogPart[] {
  return found.containers.flatMap(({ id, name, labels }) => {
    const parts = [
      onePart(`containers/${name}.log`, (signal) => docker.containers.logs(id, { signal })),
      onePart(`containers/${name}.json`, async (signal) => json(await docker.containers.inspect(id, signal))),
    ];
    const node = labels[LABEL.node];
    if (node === undefined) return parts;
    const console = async (signal: AbortSignal): Promise<string> =>
      (await docker.containers.readFile(id, MACHINE_PATH.consoleLog, signal)).toString('utf8');
    return [...parts, onePart(`nodes/${node}/console.log`, console)];
  });
}
