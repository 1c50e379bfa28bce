import test, { type ExecutionContext } from 'ava';
import { until } from '../charts/deployed.ts';
import { command, gocli, outputOf } from '../helpers/cli.ts';
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
} from './cluster.ts';

const SPACE = 'balanced';
/** That of the addon. */
const SYSTEM = 'metallb-system';
/** The only ones of the pool. */
const [FIRST, SECOND] = ['192.168.66.201', '192.168.66.202'] as const;
/** That of the first service on every node, one of which is published. */
const NODE_PORT = 30080;
const PODS = [
  { name: 'near', namespace: SPACE, node: 'node01' },
  { name: 'server', namespace: SPACE, node: 'node02' },
] as const;

test.before('a cluster of two nodes has the addon from the start, with two addresses', async (t) => {
  await startWith(t, 'metallb,first=201,last=202', ['--publish', String(NODE_PORT)]);
  await apply(namespace(SPACE));
  await apply(...PODS.map(podOn));
  for (const pod of PODS) await addressOf(pod);
});

test.after.always('the cluster is removed', removeCluster);

const service = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: SPACE },
  spec: { type: 'LoadBalancer', selector: { pod: 'server' }, ports: [{ port: 80, ...more }] },
});

/** A field of what `kubectl get` with these arguments finds; empty when it is not there. */
const pick = (field: string, ...argv: readonly string[]): Promise<string> =>
  kubectl('get', ...argv, '-o', `jsonpath={${field}}`);

/** The same, once there is something. */
const told = (what: string, field: string, ...argv: readonly string[]): Promise<string> =>
  until(what, async () => {
    const text = await pick(field, ...argv);
    return text === '' ? undefined : text;
  });

const INGRESS = '.status.loadBalancer.ingress[*].ip';
const ofService = (name: string): readonly string[] => ['-n', SPACE, `service/${name}`];
/** The address that a service has now. */
const seenOf = (name: string): Promise<string> => pick(INGRESS, ...ofService(name));
/** The one that it gets. */
const given = (name: string): Promise<string> =>
  told(`service ${name} has an address`, INGRESS, ...ofService(name));

/** What events in the namespace of the services say, once there are such. */
const events = (selector: string): Promise<string> => {
  const argv = ['events', '-n', SPACE, '--field-selector', selector];
  return told(`there are events: ${selector}`, '.items[*].message', ...argv);
};

/** The container that the nodes' network is in: a machine of it that is no node. */
async function beside(...argv: readonly string[]): Promise<string> {
  const result = await command(['docker', 'exec', `${NAME}-dnsmasq`, ...argv]);
  if (result.exitCode !== 0) throw new Error(outputOf(result));
  return result.stdout;
}

/** What port 80 of an address answers to that machine. */
const asked = (address: string): Promise<string> => {
  const script = `exec 3<>/dev/tcp/${address}/80 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
  return beside('timeout', '10', 'bash', '-c', script);
};

const answers = async (t: ExecutionContext, address: string): Promise<void> => {
  t.regex(await until(`${address} answers`, () => asked(address)), /\nserver\n$/);
};

/** kube-proxy may be a moment late. */
const silent = (address: string): Promise<boolean> =>
  until(`nobody answers for ${address}`, () =>
    asked(address).then(
      () => undefined,
      () => true,
    ),
  );

test.serial('a service gets an address, which answers to nodes, pods and others beside them', async (t) => {
  t.timeout(15 * 60_000);
  await apply(service('one', { nodePort: NODE_PORT }));
  t.is(await given('one'), FIRST);
  await answers(t, FIRST);
  // Its events name the node, and so does the hardware address.
  const [, number = ''] = /from node "node0(\d)"/.exec(await events('reason=nodeAssigned')) ?? [];
  t.regex(await beside('ip', 'neigh', 'show', FIRST), new RegExp(`lladdr 52:55:00:d1:55:0${number} `));
  for (const node of ['node01', 'node02'])
    t.is(
      await done(t, ['ssh', '--name', NAME, node, '--', `curl -sS --max-time 60 http://${FIRST}/`]),
      'server\n',
    );
  t.is(
    await kubectl('exec', '-n', SPACE, 'near', '--', 'wget', '-q', '-O', '-', `http://${FIRST}/`),
    'server\n',
  );
  const port = await done(t, ['ports', '--name', NAME, `node01:${String(NODE_PORT)}`]);
  const fromHost = await fetch(`http://127.0.0.1:${port.trim()}/`, { signal: AbortSignal.timeout(60_000) });
  t.is(await fromHost.text(), 'server\n');
});

test.serial('a second one gets another; a third waits, which its events say, until one goes', async (t) => {
  t.timeout(15 * 60_000);
  await apply(service('two'));
  t.is(await given('two'), SECOND);
  await answers(t, SECOND);
  await apply(service('three'));
  t.regex(await events('involvedObject.name=three,reason=AllocationFailed'), /no available IPs/);
  t.is(await seenOf('three'), '');
  await until('the pool says that it is used up', async () =>
    (await pick('.status.availableIPv4', '-n', SYSTEM, 'ipaddresspool/nodes')) === '0' ? true : undefined,
  );
  await kubectl('delete', '-n', SPACE, 'service/one');
  t.is(await given('three'), FIRST);
  await answers(t, FIRST);
});

test.serial('a pool that overlaps with another is not taken, and that is said', async (t) => {
  t.timeout(10 * 60_000);
  const metadata = { name: 'overlapping', namespace: SYSTEM };
  const spec = { addresses: [`${SECOND}-192.168.66.210`] };
  await apply({ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata, spec });
  const state = ['-n', SYSTEM, 'configurationstate/controller'];
  t.regex(await told('the pool is refused', '.status.errorSummary', ...state), /overlaps/);
  await kubectl('delete', '-n', SYSTEM, 'ipaddresspool/overlapping');
  await until('what is set up is right again', async () =>
    (await pick('.status.result', ...state)) === 'Valid' ? true : undefined,
  );
});

test.serial('metallb works, takes other addresses, and leaves nothing when it is disabled', async (t) => {
  t.timeout(20 * 60_000);
  await done(t, ['addon', 'status', '--name', NAME]);
  const refused = await gocli(['addon', 'enable', '--name', NAME, 'metallb,first=211,last=210']);
  t.is(refused.exitCode, 2, outputOf(refused));
  t.regex(refused.stderr, /option last of addon metallb: "210" is less than 211, the value of first/);
  await done(t, ['addon', 'enable', '--name', NAME, 'metallb,first=210,last=211']);
  const moved = await until('a service has one of the new addresses', async () => {
    const now = await seenOf('two');
    return /\.66\.21[01]$/.test(now) ? now : undefined;
  });
  await answers(t, moved);
  await silent(FIRST);
  await done(t, ['addon', 'disable', '--name', NAME, 'metallb']);
  const left = await objectNames();
  t.deepEqual(
    left.filter((name) => /metallb|speaker/.test(name)),
    [],
  );
  t.is(await seenOf('two'), '');
  const services = await kubectl('get', 'services', '-A', '-o', 'json');
  t.notRegex(services, /metallb|192\.168\.66\.2[01]\d/);
  await silent(moved);
});
