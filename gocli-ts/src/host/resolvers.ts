import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Where the addresses of this host's resolvers are written down. */
export interface ResolverFile {
  /** Its folder: programs put a new file into the place of the old one. */
  readonly folder: string;
  readonly file: string;
}

/** What systemd-resolved, which itself answers on loopback, asks for others (systemd-resolved(8)). */
const BEHIND_RESOLVED = '/run/systemd/resolve/resolv.conf';

/** Whether the daemon was told resolvers of its own (`dns` of daemon.json): those of the host may not serve containers. */
function namesResolvers(root: string): boolean {
  try {
    return /"dns"\s*:/.test(readFileSync(join(root, 'etc/docker/daemon.json'), 'utf8'));
  } catch {
    return false;
  }
}

/**
 * The file of resolvers that can be asked from a container, as Docker itself chooses it (libnetwork, resolvconf.Path):
 * where the host knows only itself, the one of systemd-resolved. Undefined where there is none in a folder of its own.
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
    // What lies at the top has more than that beside it: /etc what is for root alone, /run the socket of the daemon.
    return dirname(folder) === resolve(root) ? undefined : { folder, file: basename(path) };
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
