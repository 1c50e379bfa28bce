import { join } from 'node:path';
import { exclusively } from '../../host/exclusive.ts';
import type { ClusterDeps } from '../deps.ts';

/** Lets one command at a time make the template of a key. */
export function makingTemplate<T>(
  key: string,
  { paths, clock, signal, emit }: ClusterDeps,
  work: () => Promise<T>,
): Promise<T> {
  const onWait = (pid: string): void => {
    const text = `Waiting for the template of this plan, which process ${pid} is making.`;
    emit({ type: 'notice', level: 'info', text });
  };
  return exclusively(join(paths.state, 'templates', key.slice(0, 16)), { clock, signal, onWait }, work);
}
