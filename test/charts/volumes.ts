import type { ExecutionContext } from 'ava';
import { until, type Deployed } from './deployed.ts';

/** What one pod writes another one reads, over NFS, and the server has it. */
export async function nfs(t: ExecutionContext, { kubectl, said }: Deployed): Promise<void> {
  t.deepEqual(await said('writer', 'writer'), [['nfs4']]);
  t.deepEqual(await said('reader', 'reader'), [['from the writer']]);
  t.is(await kubectl('exec', 'files', '--', 'cat', '/export/kept'), 'from the writer\n');
}

/** Steps in their order, root's before nobody's; and what nobody may do only as one of the group. */
export async function fsGroup(t: ExecutionContext, { said }: Deployed): Promise<void> {
  t.deepEqual(await said('database', 'database'), [
    [
      '1001 1001 2000',
      'permissions settings password=hunter2',
      '/config 0:2000 2777',
      '/config/settings 1001:2000 644',
      '/secret/password 0:2000 440',
      '/data 1001:1001 700',
      'rows',
    ],
  ]);
}

/** Each by its name from the other, both by that of the service; and one that is deleted comes back to its volume. */
export async function statefulSet(t: ExecutionContext, deployed: Deployed): Promise<void> {
  const { kubectl, tried, wait, namespace } = deployed;
  const inPod = (pod: string, ...argv: string[]): Promise<string> => kubectl('exec', pod, '--', ...argv);
  const field = (pod: string, path: string): Promise<string> =>
    kubectl('get', 'pod', pod, '--ignore-not-found', '-o', `jsonpath={${path}}`);
  await kubectl('rollout', 'status', 'statefulset/db', '--timeout=300s');
  for (const [from, to] of [
    ['db-0', 'db-1'],
    ['db-1', 'db-0'],
  ] as const) {
    const log = await until(`${from} finds ${to}`, async () => {
      const asked = await tried(['exec', from, '--', 'wget', '-qO-', `http://${to}.db/log`]);
      return asked.exitCode === 0 ? asked.stdout : undefined;
    });
    t.is(log, `${to} started\n`);
  }
  const names = await inPod('db-0', 'nslookup', `db.${namespace}.svc.cluster.local`);
  const addresses = [await field('db-0', '.status.podIP'), await field('db-1', '.status.podIP')];
  t.deepEqual(
    names
      .match(/(?<=^Address: ).*(?=\n|$)/gm)
      ?.slice(-2)
      .sort(),
    addresses.sort(),
    names,
  );
  const before = await field('db-0', '.metadata.uid');
  await kubectl('delete', 'pod', 'db-0');
  await until('db-0 comes back', async () => {
    const now = await field('db-0', '.metadata.uid');
    return now === '' || now === before ? undefined : now;
  });
  await wait('pod/db-0', 'condition=Ready');
  t.is(await inPod('db-0', 'cat', '/data/log'), 'db-0 started\n'.repeat(2));
}
