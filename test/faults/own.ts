import type { ExecutionContext } from 'ava';
import { ended, runArguments, type Ground } from './ground.ts';

/** A cluster of its own, whose disk has a note. */
export const OWN = 'own';

export async function startOwn(t: ExecutionContext, ground: Ground): Promise<void> {
  ended(t, 0, await ground.gocli(...runArguments(OWN)));
  await ground.shell(t, OWN, 'echo kept >/data/note; sync');
}

export async function removeOwn(t: ExecutionContext, ground: Ground): Promise<void> {
  ended(t, 0, await ground.gocli('rm', OWN));
}

/** A cluster that was booted anew has its disk. */
export async function proveBooted(t: ExecutionContext, ground: Ground): Promise<void> {
  ended(t, 0, await ground.gocli('status', OWN));
  t.is(await ground.shell(t, OWN, 'cat /data/note; wc -l </data/boots'), 'kept\n2');
}
