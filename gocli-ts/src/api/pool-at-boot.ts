import { lstat, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../errors/error.ts';
import { isErrno, onFile } from '../errors/file-error.ts';
import { makeFolder, readIfThere, writeAtomic } from '../host/atomic-files.ts';
import { userUnits } from '../host/paths.ts';
import type { Context } from './context.ts';

/** The unit's name, and the mark by which it is known to be ours. */
const UNIT = 'gocli-pool.service';
const MARK = '# Written by: gocli pool set --at-boot. It goes with the last pool.';

/** What of the environment says which daemon and whose pools are meant. */
const KEPT = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'XDG_STATE_HOME',
  'XDG_CACHE_HOME',
  'HOME',
] as const;

/**
 * Makes the user's systemd fill the pools when it starts: with the first session after a boot, or with the boot itself for
 * a user who lingers (loginctl(1), enable-linger). The daemon may come later, so it is tried twenty times.
 * @returns the unit's file
 * @throws GocliError CONFLICT (there is one of another's making), FILE, BAD_VALUE (HOME)
 */
export async function fillAtBoot({ env, checkout }: Pick<Context, 'env' | 'checkout'>): Promise<string> {
  const folder = userUnits(env);
  const file = join(folder, UNIT);
  const there = await readIfThere(file);
  if (there !== undefined && !there.startsWith(MARK)) {
    throw new GocliError('CONFLICT', `${file} is not of gocli's making`, {
      hint: 'Give it another name, or leave --at-boot out.',
    });
  }
  const program = join(checkout, 'gocli-ts', 'bin', 'gocli.js');
  await writeAtomic(file, renderBootUnit([process.execPath, program, 'pool', 'fill', '--wait'], env));
  const wants = join(folder, 'default.target.wants');
  // What `systemctl --user enable` does; there need be no systemd that could be asked.
  await makeFolder(wants, 0o755);
  await onFile({ path: join(wants, UNIT), done: 'created' }, async () => {
    await symlink(join('..', UNIT), join(wants, UNIT)).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
  });
  return file;
}

/** Removes that unit, if it is ours. @throws GocliError FILE */
export async function forgetBoot({ env }: Pick<Context, 'env'>): Promise<void> {
  const folder = userUnits(env);
  const file = join(folder, UNIT);
  const text = await readIfThere(file);
  if (text?.startsWith(MARK) !== true) return;
  const link = join(folder, 'default.target.wants', UNIT);
  await onFile({ path: link, done: 'removed' }, async () => {
    if ((await lstat(link).catch(() => undefined))?.isSymbolicLink() === true) await rm(link);
    await rm(file, { force: true });
  });
}

/** The unit (systemd.service(5), systemd.unit(5)). */
export function renderBootUnit(argv: readonly string[], env: Context['env']): string {
  const variables = KEPT.flatMap((name) => {
    const value = env[name] ?? '';
    return value === '' ? [] : [`Environment=${quoted(`${name}=${value}`)}`];
  });
  return [
    MARK,
    '[Unit]',
    'Description=Clusters of gocli that stand ready',
    'StartLimitIntervalSec=1d',
    'StartLimitBurst=20',
    '',
    '[Service]',
    'Type=oneshot',
    ...variables,
    `ExecStart=${argv.map((word) => quoted(word.replaceAll('$', '$$$$'))).join(' ')}`,
    'Restart=on-failure',
    'RestartSec=15',
    'Nice=19',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** One word (systemd.syntax(7), Quoting), in which `%` begins a specifier (systemd.unit(5)). */
function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('%', '%%')}"`;
}
