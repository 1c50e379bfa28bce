import { join } from 'node:path';
import { messageOf } from '../errors/error.ts';
import { poolFolder, readPools } from '../rig/pool/pools.ts';
import type { Context } from './context.ts';

/** What the process that fills pools prints. */
export function fillLog({ paths }: Pick<Context, 'paths'>): string {
  return join(poolFolder(paths), 'fill.log');
}

/**
 * Starts a process that fills the pools of this user, and does not wait for it; nothing where there is no pool. What was
 * done before is done, whatever becomes of it.
 */
export async function refillPools(context: Context): Promise<void> {
  try {
    if ((await readPools(context.paths)).length === 0) return;
    const program = join(context.checkout, 'gocli-ts', 'bin', 'gocli.js');
    const argv = [process.execPath, program, 'pool', 'fill', '--background', '--progress', 'plain'] as const;
    await context.host.detach(argv, fillLog(context));
  } catch (error) {
    const text = `The pool is not filled up: ${messageOf(error)}. Try it later: gocli pool fill`;
    context.emit({ type: 'notice', level: 'warning', text });
  }
}
