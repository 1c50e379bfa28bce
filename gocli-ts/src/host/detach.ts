import { spawn } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { onFile } from '../errors/file-error.ts';
import { MIB } from '../shared/size.ts';
import { makeFolder } from './atomic-files.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Starts a program in a session of its own (setsid(2)), so that neither the end of this process nor a hang-up of its
 * terminal reaches it.
 * @param log what it prints is added to it; one of more than a mebibyte is begun anew
 */
export async function detach(
  [file, ...argv]: readonly [string, ...string[]],
  log: string,
  env: Environment,
): Promise<void> {
  await makeFolder(dirname(log));
  const size = (await stat(log).catch(() => undefined))?.size ?? 0;
  const output = await onFile({ path: log, done: 'written' }, () => open(log, size > MIB ? 'w' : 'a', 0o600));
  try {
    const child = spawn(file, argv, {
      cwd: '/',
      detached: true,
      env: { ...env },
      stdio: ['ignore', output.fd, output.fd],
    });
    child.on('error', () => undefined);
    if (child.pid !== undefined) lower(child.pid);
    child.unref();
  } finally {
    await output.close();
  }
}

/** It may have ended already. */
function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Then there is nothing to lower.
  }
}
