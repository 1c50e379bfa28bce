import type { ExecutionContext } from 'ava';
import { outputOf } from '../helpers/cli.ts';
import { succeeded, until, type Deployed } from './deployed.ts';

/** Of two pods on a drained node one goes; the other stays until the first one's successor serves, and then goes, too. */
export async function disruptionBudget(t: ExecutionContext, deployed: Deployed): Promise<void> {
  const { kubectl, tried, wait } = deployed;
  const uids = async (phase: string): Promise<string[]> => {
    const path = 'jsonpath={.items[*].metadata.uid}';
    const said = await kubectl('get', 'pods', `--field-selector=status.phase=${phase}`, '-o', path);
    return said.split(' ').filter((uid) => uid !== '');
  };
  await kubectl('rollout', 'status', 'deployment/guarded', '--timeout=300s');
  await wait('pdb/guarded', 'jsonpath={.status.disruptionsAllowed}=1');
  const before = await uids('Running');
  t.is(before.length, 2);
  const draining = tried(['drain', 'node01', '--pod-selector=app=guarded', '--timeout=300s']);
  try {
    const [left] = await until('one is gone, and its successor finds no node', async () => {
      const [running, pending] = [await uids('Running'), await uids('Pending')];
      return running.length === 1 && pending.length === 1 ? running : undefined;
    });
    t.true(before.includes(left ?? ''));
    t.is(await kubectl('get', 'pdb', 'guarded', '-o', 'jsonpath={.status.disruptionsAllowed}'), '0');
  } finally {
    await kubectl('uncordon', 'node01');
  }
  const drained = await draining;
  succeeded('drain', drained);
  t.regex(outputOf(drained), /Cannot evict pod as it would violate the pod's disruption budget/);
  t.deepEqual(
    (await uids('Running')).filter((uid) => before.includes(uid)),
    [],
  );
}

/** What the API server says of a token that is shown to it by a program with a name of its own. */
async function review({ tried }: Deployed, token: string, audience: string): Promise<object> {
  const object = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [audience] },
  };
  const created = await tried(['create', '-o', 'json', '-f', '-'], JSON.stringify(object));
  return (JSON.parse(succeeded('TokenReview', created)) as { status: object }).status;
}

/** One token is good at the vault and nowhere else; with the other one the pod reads about itself, and no more. */
export async function projectedTokens(t: ExecutionContext, deployed: Deployed): Promise<void> {
  const { kubectl, tried, wait, namespace, onNode } = deployed;
  await wait('pod/agent', 'condition=Ready');
  const inPod = ['exec', 'agent', '--'];
  const vault = await kubectl(...inPod, 'cat', '/identity/vault');
  t.like(await review(deployed, vault, 'vault'), {
    authenticated: true,
    audiences: ['vault'],
    user: { username: `system:serviceaccount:${namespace}:agent` },
  });
  t.not(
    (
      (await review(deployed, vault, 'https://kubernetes.default.svc.cluster.local')) as {
        authenticated?: boolean;
      }
    ).authenticated,
    true,
  );
  const ask = (token: string, what: string): string[] => [
    'sh',
    '-c',
    `cd /identity; wget -qO- --header "Authorization: Bearer $(cat ${token})" ` +
      `https://kubernetes.default.svc/api/v1/namespaces/$(cat namespace)/${what}`,
  ];
  const myself = JSON.parse(await kubectl(...inPod, ...ask('api', 'pods/agent'))) as { metadata: object };
  t.like(myself.metadata, { name: 'agent', namespace });
  t.regex((await tried([...inPod, ...ask('api', 'secrets')])).stderr, /403 Forbidden/);
  t.regex((await tried([...inPod, ...ask('vault', 'pods/agent')])).stderr, /401 Unauthorized/);
  // wget of the pod checks no certificate.
  const authority = await kubectl(...inPod, 'cat', '/identity/ca.crt');
  const answer = await onNode(`cat >/run/agent-ca.crt <<'END'
${authority.trim()}
END
curl -sS --max-time 60 --cacert /run/agent-ca.crt https://10.96.0.1/version`);
  t.regex(answer, /"gitVersion"/);
}

/** A container with tools joins a pod without any: it sees the processes there, and the files that they see. */
export async function ephemeralContainer(
  t: ExecutionContext,
  { kubectl, tried, wait }: Deployed,
): Promise<void> {
  await wait('pod/shop', 'condition=Ready');
  t.not((await tried(['exec', 'shop', '--', 'sh', '-c', 'true'])).exitCode, 0);
  const look = ['sh', '-c', 'tr "\\0" "\\n" </proc/1/cmdline; cat /proc/1/root/etc/shop/name'];
  const how = ['-c', 'look', '--image=localhost/busybox:1.37', '--target=shop', '--profile=general'];
  await kubectl('debug', 'shop', ...how, '--', ...look);
  const ended = '{.status.ephemeralContainerStatuses[0].state.terminated.reason}';
  await wait('pod/shop', `jsonpath=${ended}=Completed`);
  t.is(await kubectl('logs', 'shop', '-c', 'look'), '/usr/local/bin/pause\nthe shop');
}
