import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where the addresses of this host's resolvers are written down. */
export interface ResolverFile {
  /** What a container has to see: its folder, where programs put a new file into the place of the old one; or it alone. */
  readonly shown: string;
  /** Its name in that folder; empty when it is shown alone. */
  readonly file: string;
}

/** What systemd-resolved, which itself answers on loopback, asks for others (systemd-resolved(8)). */
const BEHIND_RESOLVED = '/run/systemd/resolve/resolv.conf';
/** What NetworkManager writes besides a plain /etc/resolv.conf, each time (NetworkManager.conf(5), rc-manager). */
const BESIDE_MANAGED = '/run/NetworkManager/resolv.conf';

/** Configuration of the daemon: of packages, and of snap's. That of a rootless one does not matter, no cluster is there. */
const DAEMON_FILES = ['etc/docker/daemon.json', 'var/snap/docker/current/config/daemon.json'];

/** Whether a daemon was told resolvers of its own (`dns`): those of the host may not serve containers. */
function namesResolvers(root: string): boolean {
  return DAEMON_FILES.some((file) => {
    try {
      const { dns } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { dns?: unknown };
      return Array.isArray(dns) && dns.length > 0;
    } catch {
      return false;
    }
  });
}

/**
 * Whether a folder has resolvers and little else: programs that write them have one each below /run, which is nobody's
 * home and no share. What lies at the top has more beside it: /etc what is for root alone, /run the daemon's socket.
 */
function isForResolvers(folder: string, root: string): boolean {
  return dirname(folder) === join(root, 'run') || folder === join(root, dirname(BEHIND_RESOLVED));
}

/**
 * The file of resolvers that can be asked from a container, as Docker itself chooses it (libnetwork, resolvconf.Path):
 * where the host knows only itself, the one of systemd-resolved. Where its folder may have more than that it is shown
 * alone: what is written into it is seen, another file in its place is not.
 * @param root of the file system
 * @returns undefined when it is not known: Docker's own choice stays
 */
export function resolverFile(root = '/'): ResolverFile | undefined {
  if (namesResolvers(root)) return undefined;
  try {
    const usual = join(root, 'etc/resolv.conf');
    const servers = serversOf(usual);
    const isOwn = servers.length > 0 && servers.every((one) => one.startsWith('127.') || one === '::1');
    const path = realpathSync(isOwn ? join(root, BEHIND_RESOLVED) : usual);
    if (isForResolvers(dirname(path), root)) return { shown: dirname(path), file: basename(path) };
    const managed = join(root, BESIDE_MANAGED);
    if (existsSync(managed) && serversOf(managed).join() === servers.join())
      return { shown: dirname(managed), file: basename(managed) };
    return { shown: path, file: '' };
  } catch {
    return undefined;
  }
}

/** None when the file cannot be read. */
function serversOf(path: string): string[] {
  try {
    return serversIn(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
}

function serversIn(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
}

/** IPv4 addresses of the resolvers that Docker gives to containers; none when they cannot be read. */
export function resolverAddresses(root = '/'): string[] {
  const followed = resolverFile(root);
  const path = followed === undefined ? join(root, 'etc/resolv.conf') : join(followed.shown, followed.file);
  return serversOf(path).filter((one) => /^(?!127\.)[\d.]+$/.test(one));
}
