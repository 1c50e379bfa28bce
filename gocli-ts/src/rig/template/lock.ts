import { join } from 'node:path';
import { exclusively } from '../../host/exclusive.ts';
import type { RigDeps } from '../deps.ts';
import { notice } from '../start/starting.ts';

/** Lets one command at a time make the template of a key. */
export function makingTemplate<T>(key: string, deps: RigDeps, work: () => Promise<T>): Promise<T> {
  const onWait = (pid: string): void => {
    notice(deps, `Waiting for the template of this plan, which process ${pid} is making.`);
  };
  const { paths, clock, signal } = deps;
  return exclusively(join(paths.state, 'templates', key.slice(0, 16)), { clock, signal, onWait }, work);
}
