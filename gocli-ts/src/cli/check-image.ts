import { LABEL } from '../place/labels.ts';
import { down } from '../rig/remove.ts';
import { isKubernetes } from '../kubernetes/section.ts';
import { up } from '../rig/up.ts';
import { GocliError } from '../errors/error.ts';
import { lastLines } from '../shared/text.ts';
import type { Session } from './session.ts';

/** Milliseconds each wait of the trial start may take. */
const TIMEOUT_MS = 600_000;
/** The trial pod runs this: a file system, an address and the cluster's DNS, from inside a pod. */
const TRIAL = 'echo started on $(hostname) && nslookup kubernetes.default.svc.cluster.local';

/**
 * Proves a provider image by using it: a cold start until Ready, a freeze and a thaw, then a pod that asks the cluster's
 * DNS. The cluster is removed again; the template of the provider's default plan stays.
 */
export async function checkImage(imageId: string, session: Session): Promise<void> {
  const image = await session.docker.images.inspect(imageId);
  if (image === undefined)
    throw new GocliError('IMAGE_MISSING', `image ${imageId} is not there to be checked`);
  const name = `check-${session.run}`;
  try {
    const { state } = await up(
      {
        image,
        reference: imageId,
        values: { name },
        keepOnFailure: false,
        template: 'fresh',
        timeoutMs: TIMEOUT_MS,
      },
      session,
    );
    if (isKubernetes(state.plan.guest)) await runTrialPod(name, session);
  } finally {
    await down(name, session);
  }
}

async function runTrialPod(name: string, session: Session): Promise<void> {
  const [owner] = await session.docker.containers.list({ [LABEL.cluster]: name, [LABEL.role]: 'dnsmasq' });
  if (owner === undefined) throw new GocliError('NOT_FOUND', `cluster ${name} lost its network container`);
  const kubectl = ['/image/kubectl', '--kubeconfig', '/run/gocli-admin.conf'];
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
  const result = await session.docker.containers.exec(owner.id, argv, { signal: session.signal });
  if (result.exitCode === 0 && result.stdout.includes('started on trial')) return;
  throw new GocliError('KUBERNETES', 'the trial pod of the new image did not work', {
    observed: lastLines(`${result.stdout}\n${result.stderr}`, 10),
  });
}
