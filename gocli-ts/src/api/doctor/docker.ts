import type { DockerInfo } from '../../place/interface.ts';
import { GocliError } from '../../errors/error.ts';
import { network } from '../../rig/options/network.ts';
import { NOT_OUTSIDE, requireBridge } from '../../rig/start/daemon.ts';
import { requireNear } from '../../rig/start/reach.ts';
import { failed, ok, warning, type Check, type Finding } from './finding.ts';

export const dockerChecks: readonly Check[] = [
  { id: 'docker', title: 'Docker answers', run: ({ docker }) => Promise.resolve(judgeDaemon(docker)) },
  {
    id: 'docker-network',
    title: "Docker's network",
    run: ({ docker, context }) => Promise.resolve(judgeNetwork(docker, context.env['GOCLI_NETWORK'])),
  },
  { id: 'docker-near', title: "Docker's host", run: ({ docker }) => judgeNearness(docker) },
  {
    id: 'docker-storage',
    title: 'Docker storage driver',
    run: ({ docker }) => Promise.resolve(judgeStorage(docker)),
  },
  { id: 'docker-cgroup', title: 'Control groups', run: ({ docker }) => Promise.resolve(judgeCgroup(docker)) },
  {
    id: 'provider-image',
    title: 'Provider image',
    run: ({ docker, providers }) =>
      Promise.resolve(
        docker instanceof Error ? unknown() : judgeProviders(providers.flatMap(({ tags }) => tags)),
      ),
  },
];

/** @param docker what the daemon said, or the error that asking gave (it knows old and remote daemons) */
export function judgeDaemon(docker: DockerInfo | Error): Finding {
  if (!(docker instanceof Error)) {
    if (docker.architecture === 'x86_64') return ok(`version ${docker.version}`);
    return failed(`the daemon runs on ${docker.architecture}`, 'gocli needs an x86-64 host.');
  }
  const hint = docker instanceof GocliError ? docker.hint : undefined;
  return failed(docker.message, hint ?? 'Start it: gocli doctor --fix');
}

/**
 * What a start would be refused for.
 * @param nodes what the environment says of the network of the nodes
 */
export function judgeNetwork(docker: DockerInfo | Error, nodes = ''): Finding {
  if (docker instanceof Error) return unknown();
  try {
    const asked = nodes === '' ? undefined : network.read(nodes, 'GOCLI_NETWORK');
    const { subnets, masquerades } = requireBridge(docker, asked);
    if (masquerades === false) return warning(NOT_OUTSIDE, 'See docs/host.md, "Masquerading".');
    return ok(`bridge, ${subnets.join(', ')}`);
  } catch (error) {
    if (error instanceof GocliError) return failed(error.message, error.hint ?? '');
    throw error;
  }
}

/** As far as that can be told without a container: a start tries the rest. */
export async function judgeNearness(docker: DockerInfo | Error): Promise<Finding> {
  if (docker instanceof Error) return unknown();
  try {
    const { here } = await requireNear(docker);
    if (here) return ok('this one');
    return ok('not known to be this one: each start tries a published port');
  } catch (error) {
    if (!(error instanceof GocliError)) throw error;
    return failed(`${error.message} (${error.observed ?? ''})`, error.hint ?? '');
  }
}

/** vfs copies whole images; devicemapper was removed from Docker. */
export function judgeStorage(docker: DockerInfo | Error): Finding {
  if (docker instanceof Error) return unknown();
  if (docker.storageDriver === 'vfs') {
    return warning(
      'vfs, which copies the whole image for every container',
      'Configure overlay2: https://docs.docker.com/engine/storage/drivers/',
    );
  }
  return ok(docker.storageDriver);
}

export function judgeCgroup(docker: DockerInfo | Error): Finding {
  return docker instanceof Error ? unknown() : ok(`version ${docker.cgroupVersion}`);
}

export function judgeProviders(tags: readonly string[]): Finding {
  if (tags.length > 0) return ok([...tags].sort().join(', '));
  return warning(
    'none, so the first start provisions one',
    'Provision it ahead: gocli provision cluster-provision/k8s/1.36',
  );
}

function unknown(): Finding {
  return warning('not known, because Docker does not answer', 'See the check "docker".');
}
