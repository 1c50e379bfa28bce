import type { ExecutionContext } from 'ava';
import { gocli, outputOf, type CliResult } from '../helpers/cli.ts';
import { PROVIDER, providerFolder } from '../helpers/provider.ts';
import { succeeded, until } from '../charts/deployed.ts';

export const NAME = 'addons';

/**
 * Starts a cluster of two nodes that has an addon from the start.
 * @param addon as it is asked for: `metallb,first=201`
 * @param more of the command line of `run`
 */
export async function startWith(
  t: ExecutionContext,
  addon: string,
  more: readonly string[] = [],
): Promise<void> {
  t.timeout(85 * 60_000);
  // One that a killed run left has other pods.
  await removeCluster();
  for (const argv of [
    ['provision', await providerFolder()],
    ['provision', '--addons', addon.replace(/,.*/, '')],
    ['run', PROVIDER, '--name', NAME, '--nodes', '2', '--addon', addon, ...more],
  ])
    await done(t, argv);
}

export async function removeCluster(): Promise<void> {
  await gocli(['rm', '--name', NAME]);
}

/** Runs a command that has to succeed. @returns what it wrote to stdout */
export async function done(t: ExecutionContext, argv: readonly string[]): Promise<string> {
  const result = await gocli(argv);
  t.is(result.exitCode, 0, outputOf(result));
  return result.stdout;
}

/** Runs kubectl, whatever comes of it. */
export const tried = (...argv: readonly string[]): Promise<CliResult> =>
  gocli(['kubectl', '--name', NAME, ...argv]);

/** The same. @returns what it wrote to stdout @throws Error when it failed */
export async function kubectl(...argv: readonly string[]): Promise<string> {
  return succeeded(argv.join(' '), await tried(...argv));
}

/** Applies objects, once the namespaces among them have what pods need. */
export async function apply(...objects: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const argv = ['kubectl', '--name', NAME, 'apply', '--validate=ignore', '-f', '-'];
  await until('all objects are applied', async () => {
    const applied = await gocli(argv, { input });
    if (applied.exitCode === 0) return true;
    throw new Error(outputOf(applied));
  });
}

const KINDS =
  'clusterroles,clusterrolebindings,serviceaccounts,configmaps,namespaces,crds,validatingwebhookconfigurations,daemonsets,deployments,leases';

/** Names of the objects of a cluster that may be an addon's. */
export async function objectNames(): Promise<string[]> {
  return (await kubectl('get', KINDS, '-A', '-o', 'name')).split('\n');
}

/** A pod with a web server, on one node, that says its name at ports 80 and 81. */
export function podOn({
  name,
  namespace,
  node,
}: Readonly<Record<'name' | 'namespace' | 'node', string>>): object {
  const script = `mkdir /www && echo ${name} >/www/index.html && httpd -p 81 -h /www && exec httpd -f -p 80 -h /www`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { pod: name } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'web',
          image: 'localhost/busybox:1.37',
          imagePullPolicy: 'Never',
          command: ['sh', '-c', script],
          ports: [
            { name: 'first', containerPort: 80 },
            { name: 'second', containerPort: 81 },
          ],
        },
      ],
    },
  };
}

export const namespace = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

/** Waits until a pod is Ready. @returns its address */
export async function addressOf(pod: { readonly name: string; readonly namespace: string }): Promise<string> {
  const words = ['-n', pod.namespace, `pod/${pod.name}`];
  await kubectl('wait', '--for=condition=Ready', '--timeout=300s', ...words);
  return kubectl('get', ...words, '-o', 'jsonpath={.status.podIP}');
}
