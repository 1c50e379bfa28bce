import test, { type ExecutionContext } from 'ava';
import { until } from '../charts/deployed.ts';
import {
  addressOf,
  apply,
  done,
  kubectl,
  NAME,
  namespace,
  objectNames,
  podOn,
  removeCluster,
  startWith,
  tried,
} from './cluster.ts';
import { OPEN, PODS, ROWS, SPACES, type Reached } from './policies.ts';

const ADDON = 'network-policies';

test.before('a cluster of two nodes has the addon from the start', async (t) => {
  await startWith(t, ADDON);
  await apply(namespace(SPACES.server), namespace(SPACES.other));
  await apply(...PODS.map(podOn));
});

test.after.always('the cluster is removed', removeCluster);

/** What pods get to see of the server now. */
async function reachedNow(server: string): Promise<Reached> {
  const asked = async (pod: string, space: string, port: number): Promise<boolean> => {
    const url = `http://${server}:${port.toFixed(0)}/`;
    const got = await tried('exec', '-n', space, pod, '--', 'wget', '-q', '-T', '3', '-O', '-', url);
    return got.exitCode === 0 && got.stdout === 'server\n';
  };
  const ports = async (pod: string, space: string): Promise<readonly [boolean, boolean]> =>
    Promise.all([asked(pod, space, 80), asked(pod, space, 81)]);
  const { server: own, other: away } = SPACES;
  const [near, far, other] = await Promise.all([ports('near', own), ports('far', own), ports('other', away)]);
  return { near, far, other };
}

/** A policy acts a moment after it was made: what is seen has to be that twice in a row. */
async function seen(t: ExecutionContext, server: string, wanted: Reached): Promise<void> {
  let last = '';
  const found = await until(`the server is reached so: ${JSON.stringify(wanted)}`, async () => {
    const now = JSON.stringify(await reachedNow(server));
    const stands = now === JSON.stringify(wanted) && now === last;
    last = now;
    if (stands) return true;
    throw new Error(now);
  });
  t.true(found);
}

const policy = (spec: object): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'tried', namespace: SPACES.server },
  spec,
});

const forget = (): Promise<string> =>
  kubectl('delete', 'networkpolicy', 'tried', '-n', SPACES.server, '--ignore-not-found');

for (const { like, spec, reached } of ROWS) {
  test.serial(`network-policies, as upstream's: ${like}`, async (t) => {
    t.timeout(10 * 60_000);
    const server = await addressOf(PODS[0]);
    await apply(policy(spec));
    await seen(t, server, reached);
  });
}

test.serial(
  "network-policies, as upstream's: should stop enforcing policies after they are deleted",
  async (t) => {
    t.timeout(10 * 60_000);
    const server = await addressOf(PODS[0]);
    await apply(policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }));
    const closed = [false, false] as const;
    await seen(t, server, { near: closed, far: closed, other: closed });
    await forget();
    await seen(t, server, OPEN);
  },
);

/** Tables of the node's packet filter. */
const tablesOf = (t: ExecutionContext, node: string): Promise<string> =>
  done(t, ['ssh', '--name', NAME, node, '--', 'nft list tables']);

test.serial('network-policies works, says so, and leaves nothing when it is disabled', async (t) => {
  t.timeout(20 * 60_000);
  await forget();
  await done(t, ['addon', 'status', '--name', NAME]);
  await apply(policy({ podSelector: {}, policyTypes: ['Ingress'] }));
  const server = await addressOf(PODS[0]);
  const closed = [false, false] as const;
  await seen(t, server, { near: closed, far: closed, other: closed });
  for (const node of ['node01', 'node02']) t.regex(await tablesOf(t, node), /network-policies/);
  await done(t, ['addon', 'disable', '--name', NAME, ADDON]);
  const left = await objectNames();
  t.deepEqual(
    left.filter((name) => name.includes(ADDON)),
    [],
  );
  for (const node of ['node01', 'node02']) t.notRegex(await tablesOf(t, node), /network-policies/);
  await seen(t, server, OPEN);
});
