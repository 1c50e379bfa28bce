import { GocliError } from '../../errors/error.ts';
import { textOf } from '../../shared/raw-names.ts';
import type { SshConnection } from '../../ssh/interface.ts';
import { bytesFrom, nodeEnd, type End } from './end.ts';
import { EXPAND, HOME_OF } from './scripts.ts';

/**
 * The paths on the guest that one of scp's users names by a pattern: `/var/log/*.log`.
 * @returns the path itself when it is none, or fits nothing; bytes as {@link textOf} has them
 * @throws GocliError NOT_FOUND (no such user), GUEST_UNREACHABLE
 */
export async function expand(
  { connection }: { readonly connection: SshConnection },
  remotePath: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (!/[*?[]/.test(remotePath)) return [remotePath];
  const end = nodeEnd(connection);
  const found = await bytesFrom(end, EXPAND, [await remote(end, remotePath, signal)], { signal });
  return textOf(found).split('\0').slice(0, -1);
}

/**
 * A path on the guest, absolute or from where a login starts: its home folder, which scp's users write as `~`, and that
 * of another user as `~user`.
 * @throws GocliError NOT_FOUND (no such user), GUEST_UNREACHABLE
 */
export async function remote(end: End, path: string, signal: AbortSignal): Promise<string> {
  if (path.startsWith('/')) return path;
  const [, user, rest = ''] = /^~([A-Za-z0-9_][\w.-]*)(\/.*)?$/s.exec(path) ?? [];
  if (user === undefined) return `./${path.replace(/^~(\/+|$)/, '')}`;
  const { stdout } = await end.run(HOME_OF, [user], { signal });
  const home = stdout.trimEnd();
  if (home.startsWith('/')) return `${home}${rest}`;
  throw new GocliError('NOT_FOUND', `${path}: there is no user ${user} ${end.where}`, {
    hint: `A file of that name in the home folder is ./${path}`,
  });
}
