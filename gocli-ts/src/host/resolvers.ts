import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Where the addresses of this host's resolvers are written down. */
export interface ResolverFile {
  /** Its folder: programs put a new file into the place of the old one. */
  readonly folder: string;
  readonly file: string;
}

/** What systemd-resolved, which itself answers on loopback, asks for others (systemd-resolved(8)). */
const BEHIND_RESOLVED = '/run/systemd/resolve/resolv.conf';

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
 * where the host knows only itself, the one of systemd-resolved. Undefined where its folder may have more than that.
 * @param root of the file system
 */
export function resolverFile(root = '/'): ResolverFile | undefined {
  if (namesResolvers(root)) return undefined;
  try {
    const usual = join(root, 'etc/resolv.conf');
    const text = readFileSync(usual, 'utf8');
    const servers = serversIn(text);
    const isOwn = servers.length > 0 && servers.every((one) => one.startsWith('127.') || one === '::1');
    const path = realpathSync(isOwn ? join(root, BEHIND_RESOLVED) : usual);
    const folder = dirname(path);
    return isForResolvers(folder, root) ? { folder, file: basename(path) } : undefined;
  } catch {
    return undefined; // Docker's own choice stays.
  }
}

function serversIn(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
}

/** IPv4 addresses of the resolvers that Docker gives to containers; none when they cannot be read. */
export function resolverAddresses(root = '/'): string[] {
  const followed = resolverFile(root);
  const path = followed === undefined ? join(root, 'etc/resolv.conf') : join(followed.folder, followed.file);
  try {
    return serversIn(readFileSync(path, 'utf8')).filter((one) => /^(?!127\.)[\d.]+$/.test(one));
  } catch {
    return [];
  }
}
