import { GocliError } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import { KUBERNETES_PATH } from './image-path.ts';
import type { RigDeps } from '../rig/deps.ts';
import { lastLines } from '../shared/text.ts';
import { CONTAINER_KUBECONFIG } from './kubeconfig.ts';

/** The trial pod runs this: a file system, an address and the cluster's DNS, from inside a pod. */
const TRIAL = 'echo started on $(hostname) && nslookup kubernetes.default.svc.cluster.local';

/**
 * Runs a pod in a cluster that is Ready, and removes it again.
 * @throws GocliError KUBERNETES with what the pod said last
 */
export async function runTrialPod(
  id: string,
  { docker, signal }: Pick<RigDeps, 'docker' | 'signal'>,
): Promise<void> {
  const [owner] = await docker.containers.list({ [LABEL.cluster]: id, [LABEL.role]: 'dnsmasq' });
  if (owner === undefined) throw new GocliError('NOT_FOUND', `cluster ${id} lost its network container`);
  const kubectl = [KUBERNETES_PATH.kubectl, '--kubeconfig', CONTAINER_KUBECONFIG];
  const run = [
    'run',
    'trial',
    '--image=localhost/busybox:1.37',
    '--image-pull-policy=Never',
    '--restart=Never',
    '--attach',
    '--rm',
    '--quiet',
  ];
  const argv = [...kubectl, ...run, '--pod-running-timeout=3m', '--', 'sh', '-c', TRIAL];
  const result = await docker.containers.exec(owner.id, argv, { signal });
  if (result.exitCode === 0 && result.stdout.includes('started on trial')) return;
  throw new GocliError('KUBERNETES', 'the trial pod of the new image did not work', {
    observed: lastLines(`${result.stdout}\n${result.stderr}`, 10),
  });
}
