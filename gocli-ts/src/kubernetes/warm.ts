import { randomBytes } from 'node:crypto';
import { GocliError } from '../errors/error.ts';
import { LABEL } from '../place/labels.ts';
import type { RigDeps } from '../rig/deps.ts';
import { idOfState } from '../rig/identity.ts';
import type { RigState } from '../rig/state.ts';
import { nodeAddress } from '../network/addresses.ts';
import { nodeSubnet } from '../rig/plan.ts';
import { lastLines } from '../shared/text.ts';
import { inTime } from '../waiting/in-time.ts';
import { readAccess } from './access.ts';
import { KUBERNETES_PATH } from './image-path.ts';
import { renderKubeconfig } from './kubeconfig.ts';

/** Milliseconds for all of it: a first pod takes ten seconds under emulation. */
const LIMIT_MS = 240_000;

/** Name of all of it: a namespace of its own, so that events and whatever controllers make go with it. */
const NAMESPACE = 'gocli-warm-up';

/** What most users start first: something that listens, behind a service. The image is in every provider. */
const MANIFEST = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: NAMESPACE, namespace: NAMESPACE },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: NAMESPACE } },
        template: {
          metadata: { labels: { app: NAMESPACE } },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [
              {
                name: NAMESPACE,
                image: 'localhost/busybox:1.37',
                imagePullPolicy: 'Never',
                command: ['sh', '-c', 'while :; do nc -l -p 8080 -e cat; done'],
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAMESPACE, namespace: NAMESPACE },
      spec: { selector: { app: NAMESPACE }, ports: [{ port: 8080 }] },
    },
  ],
});

const POD = ['-n', NAMESPACE, 'exec', `deploy/${NAMESPACE}`, '--'];

/** Words of kubectl, in order. */
const ACTS: readonly (readonly string[])[] = [
  ['-n', NAMESPACE, 'rollout', 'status', `deploy/${NAMESPACE}`, '--timeout=180s'],
  [...POD, 'netstat', '-an'],
  [...POD, 'nslookup', `${NAMESPACE}.${NAMESPACE}.svc.cluster.local`],
  ['-n', NAMESPACE, 'logs', `deploy/${NAMESPACE}`],
];

/**
 * Starts a pod in a Ready cluster, runs something in it, asks the DNS from there, and removes it all.
 * @throws GocliError KUBERNETES, TIMEOUT
 */
export async function warmUp(state: RigState, deps: RigDeps): Promise<void> {
  const { docker, paths, signal } = deps;
  const [owner] = await docker.containers.list({
    [LABEL.cluster]: idOfState(state),
    [LABEL.role]: 'dnsmasq',
  });
  if (owner === undefined) throw new GocliError('NOT_FOUND', `${state.name} has no network container`);
  const folder = `warm-${randomBytes(4).toString('hex')}`;
  const file = (name: string): string => `/run/${folder}/${name}`;
  const access = {
    ...(await readAccess(state, paths)),
    server: `https://${nodeAddress(1, nodeSubnet(state.plan.guest))}:6443`,
  };
  await docker.containers.putFiles(owner.id, '/run', [
    { path: `${folder}/admin.conf`, content: renderKubeconfig(state.name, access), mode: 0o600 },
    { path: `${folder}/warm.json`, content: MANIFEST, mode: 0o600 },
  ]);
  const run = async (argv: readonly string[], bounded: AbortSignal): Promise<void> => {
    const result = await docker.containers.exec(owner.id, argv, { signal: bounded });
    if (result.exitCode === 0) return;
    throw new GocliError('KUBERNETES', `a cluster could not be warmed up: ${argv.slice(5).join(' ')}`, {
      observed: lastLines(`${result.stdout}\n${result.stderr}`, 5),
    });
  };
  const kubectl = [KUBERNETES_PATH.kubectl, '--kubeconfig', file('admin.conf'), '--cache-dir', file('cache')];
  await inTime('the first pod ran', { signal, timeoutMs: LIMIT_MS }, async (bounded) => {
    const apply = (...flags: string[]): Promise<void> =>
      run([...kubectl, 'apply', ...flags, '-f', file('warm.json')], bounded);
    // The guest makes the schemas for the first one who asks, which is better here than a user. kubectl waits for them
    // half a minute, which may be too short for a busy guest; this manifest needs no check against them.
    await apply().catch(() => apply('--validate=false'));
    for (const act of ACTS) await run([...kubectl, ...act], bounded);
    await run([...kubectl, 'delete', 'namespace', NAMESPACE, '--wait', '--timeout=120s'], bounded);
    await run(['rm', '-rf', `/run/${folder}`], bounded);
  });
}
