import { holderWords } from '../../place/lock-holder.ts';
import { type RigDeps, notice } from '../deps.ts';

/** Lets one command at a time make the template of a key, whoever runs it on this host. */
export async function makingTemplate<T>(key: string, deps: RigDeps, work: () => Promise<T>): Promise<T> {
  await using _ = await deps.docker.system.lock(`template ${key}`, {
    signal: deps.signal,
    onWait: (holder) => {
      notice(deps, `Waiting for the template of this plan, which ${holderWords(holder)} is making.`);
    },
  });
  return await work();
}
