import test, { type ExecutionContext } from 'ava';
import { until } from '../charts/deployed.ts';
import { gocli, outputOf } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';
import { addressOf, apply, kubectl, NAME, namespace, podOn, tried } from './cluster.ts';
import { OPEN, PODS, ROWS, SPACES, type Reached } from './policies.ts';

const ADDON = 'network-policies';

test.before('a cluster of two nodes has the addon from the start', async (t) => {
  t.timeout(85 * 60_000);
  // One that a killed run left has other pods.
  await gocli(['rm', '--name', NAME]);
  for (const argv of [
    ['provision', await providerFolder()],
    ['provision', '--addons', ADDON],
    ['run', PROVIDER, '--name', NAME, '--nodes', '2', '--addon', ADDON],
  ]) {
    const done = await gocli(argv);
    t.is(done.exitCode, 0, outputOf(done));
  }
  await apply(namespace(SPACES.server), namespace(SPACES.other));
  await apply(...PODS.map(podOn));
});

test.after.always('the cluster is removed', async () => {
  await gocli(['rm', '--name', NAME]);
});

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
async function tablesOf(t: ExecutionContext, node: string): Promise<string> {
  const tables = await gocli(['ssh', '--name', NAME, node, '--', 'nft list tables']);
  t.is(tables.exitCode, 0, outputOf(tables));
  return tables.stdout;
}

test.serial('network-policies works, says so, and leaves nothing when it is disabled', async (t) => {
  t.timeout(20 * 60_000);
  await forget();
  const status = await gocli(['addon', 'status', '--name', NAME]);
  t.is(status.exitCode, 0, outputOf(status));
  await apply(policy({ podSelector: {}, policyTypes: ['Ingress'] }));
  const server = await addressOf(PODS[0]);
  const closed = [false, false] as const;
  await seen(t, server, { near: closed, far: closed, other: closed });
  for (const node of ['node01', 'node02']) t.regex(await tablesOf(t, node), /network-policies/);
  const disabled = await gocli(['addon', 'disable', '--name', NAME, ADDON]);
  t.is(disabled.exitCode, 0, outputOf(disabled));
  const kinds =
    'clusterroles,clusterrolebindings,serviceaccounts,configmaps,namespaces,crds,validatingwebhookconfigurations,daemonsets,deployments';
  const left = await kubectl('get', kinds, '-A', '-o', 'name');
  t.deepEqual(
    left.split('\n').filter((name) => name.includes(ADDON)),
    [],
  );
  for (const node of ['node01', 'node02']) t.notRegex(await tablesOf(t, node), /network-policies/);
  await seen(t, server, OPEN);
});
