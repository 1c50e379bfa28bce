import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readMemory } from '../../rig/host-memory.ts';
import { messageOf } from '../../errors/error.ts';
import { freePorts, portHolder, portProblem } from '../../host/free-ports.ts';
import { publishedPorts } from '../../network/ports.ts';
import { formatBytes } from '../../shared/size.ts';
import { failed, ok, warning, type Check, type CheckContext, type Finding } from './finding.ts';

const GIB = 1024 ** 3;

export const hostChecks: readonly Check[] = [
  {
    id: 'memory',
    title: 'Memory',
    run: async () => judgeMemory(await readMemory()),
  },
  {
    id: 'disk-docker',
    title: "Disk of Docker's data",
    run: async ({ docker, providers }) =>
      docker instanceof Error
        ? warning('not known, because Docker does not answer', 'See the check "docker".')
        : judgeDisk(docker.rootDir, await freeBytes(docker.rootDir), providers.length > 0),
  },
  {
    id: 'disk-cache',
    title: 'Disk of the cache',
    run: async ({ context, providers }) =>
      judgeDisk(context.paths.cache, await freeBytes(context.paths.cache), providers.length > 0),
  },
  { id: 'ports', title: 'Ports of 127.0.0.1', run: checkPorts },
  {
    id: 'inotify',
    title: 'inotify limits',
    run: async () => judgeInotify(await limit('max_user_instances'), await limit('max_user_watches')),
  },
];

/**
 * A node of the providers here has 3 GiB by default. A start is refused when the host does not have them; when they are
 * not free it is not, see `checkMemory`.
 * @param memory bytes
 */
export function judgeMemory({ total, available }: { total: number; available: number }): Finding {
  const observed = `${formatBytes(available)} of ${formatBytes(total)} free`;
  if (total < 3 * GIB) return failed(observed, 'A node has 3 GiB unless told: give it less with --memory.');
  if (available < 3 * GIB)
    return warning(observed, 'A node may come to use 3 GiB, and a thaw needs them: end other programs.');
  if (available < 4 * GIB)
    return warning(observed, 'Enough for one node; compiling Kubernetes while provisioning needs 4 GiB.');
  return ok(observed);
}

/**
 * A cluster writes a few GiB into its overlay disk. Provisioning needs about 12 GiB more for the compiler's cache, the
 * disk and the image.
 * @param free bytes, or undefined when the folder cannot be looked at
 * @param provisioned true when there is a provider image already
 */
export function judgeDisk(folder: string, free: number | undefined, provisioned: boolean): Finding {
  if (free === undefined)
    return warning(`${folder} cannot be looked at`, 'Look yourself whether its disk has 15 GiB free.');
  const observed = `${formatBytes(free)} free at ${folder}`;
  if (free < 3 * GIB) return failed(observed, 'Free some space: a cluster needs 3 GiB, provisioning 15 GiB.');
  if (free < 15 * GIB && !provisioned) return warning(observed, 'Provisioning may need 15 GiB.');
  return ok(observed);
}

/** inotify(7): the kernel's own defaults. Guests have limits of their own; this host's serve dockerd and dnsmasq. */
export function judgeInotify(instances: number | undefined, watches: number | undefined): Finding {
  if (instances === undefined || watches === undefined)
    return warning('cannot be read', 'Look at /proc/sys/fs/inotify.');
  const observed = `${instances} instances, ${watches} watches`;
  if (instances >= 128 && watches >= 8192) return ok(observed);
  return warning(
    observed,
    'As root: sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=65536',
  );
}

/** A start takes free ports, so well-known ones that are taken matter only to those who pin them. */
export function judgePorts(taken: readonly string[]): Finding {
  if (taken.length === 0) return ok('the default ports are free');
  return ok(`a start takes free ports; not to be pinned: ${taken.join(', ')}`);
}

async function checkPorts({ context: { kinds } }: CheckContext): Promise<Finding> {
  try {
    await freePorts(['tcp', 'udp']);
  } catch (error) {
    return failed(messageOf(error), 'Allow programs to listen on 127.0.0.1.');
  }
  const named = kinds.flatMap(({ ports }) => ports);
  const looks = await Promise.all(
    publishedPorts(1, named).map(async ({ key, port, protocol }) => {
      if ((await portProblem(port, protocol)) !== 'EADDRINUSE') return [];
      const holder = await portHolder(port, protocol);
      return [holder === undefined ? key : `${key} (${holder})`];
    }),
  );
  return judgePorts(looks.flat());
}

/** Bytes an ordinary user may still write at a path, or at the nearest folder above that exists. */
async function freeBytes(path: string): Promise<number | undefined> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      if (folder === dirname(folder)) return undefined;
    }
  }
}

async function limit(name: string): Promise<number | undefined> {
  const text = await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8').catch(() => '');
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
}
