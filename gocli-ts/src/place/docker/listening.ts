import { readFile, stat } from 'node:fs/promises';

/**
 * Whether somebody in the network namespace of this process listens at a socket, as the daemon of this host does. The
 * file of a socket can be mounted into any container; who made it is only listed where that was (proc_pid_net(5), unix).
 */
export async function listensHere(socket: string): Promise<boolean> {
  const own = await identityOf(socket);
  const listed = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  const paths = await Promise.all(listeningPaths(listed).map(identityOf));
  return own !== undefined && paths.includes(own);
}

/** Several paths may lead to one file. */
async function identityOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ dev, ino }) => `${dev.toFixed(0)}:${ino.toFixed(0)}`,
    () => undefined,
  );
}

/** Flag of a socket that takes connections (linux/net.h, __SO_ACCEPTCON). */
const LISTENS = '00010000';

/** Pure part: files at which sockets of the list take connections. */
export function listeningPaths(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, flags, path] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +\S+ (\/.*)$/.exec(line) ?? [];
    return flags === LISTENS && path !== undefined ? [path] : [];
  });
}
