import type { ExecutionContext } from 'ava';
import { gocli } from '../helpers/cli.ts';
import { succeeded, until, type Deployed } from './deployed.ts';

/** What a named port of the cluster answers to the host. */
async function fromHost(cluster: string, port: string): Promise<string> {
  const published = succeeded(`ports ${port}`, await gocli(['ports', '--name', cluster, port]));
  const url = `http://127.0.0.1:${published.trim()}/`;
  return (await fetch(url, { signal: AbortSignal.timeout(60_000) })).text();
}

/** Asks a port of the node, at 127.0.0.1 and at its own address. */
const onBothAddresses = (port: number): string =>
  `for address in 127.0.0.1 $(hostname -I | cut -d' ' -f1); do curl -sS --max-time 60 http://$address:${port}/; done`;

/** Port 80 of the node that the pod is on, from there and through the port that is published for it. */
export async function hostPort(t: ExecutionContext, { cluster, wait, onNode }: Deployed): Promise<void> {
  await wait('pod/ingress', 'condition=Ready');
  t.is(await fromHost(cluster, 'http'), 'an ingress\n');
  t.is(await onNode(onBothAddresses(80)), 'an ingress\n'.repeat(2));
}

/** curl's code for a connection that is refused (curl(1)); 28 is that for none in time. */
const REFUSED = '7\n';

/** The same of a service's port, once kube-proxy knows it; one with nothing behind it refuses at once. */
export async function nodePort(t: ExecutionContext, { cluster, wait, onNode }: Deployed): Promise<void> {
  await wait('pod/web', 'condition=Ready');
  const answer = await until('kube-proxy has the port', () => fromHost(cluster, 'prometheus'));
  t.is(answer, 'a service\n');
  t.is(await onNode(onBothAddresses(30_007)), 'a service\n'.repeat(2));
  t.is(await onNode('curl -s --max-time 60 http://127.0.0.1:30009/ || echo $?'), REFUSED);
}

/** Bytes of the file that is fetched, those that pass before the limit acts, and those that it lets pass in a second. */
const [FILE, BURST, RATE] = [1_000_000, 65_536, 125_000];

/** What an annotation forbids takes its time in both directions; the same without annotations takes less. */
export async function bandwidth(t: ExecutionContext, { kubectl, wait, onNode }: Deployed): Promise<void> {
  await wait('pod/limited', 'condition=Ready');
  await wait('pod/free', 'condition=Ready');
  const address = async (pod: string): Promise<string> =>
    kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}');
  /** Seconds that it takes to fetch the file. */
  const seconds = async (to: string, from: string): Promise<number> => {
    const fetched = `time -p wget -qO /tmp/file http://${from}/file 2>&1 && wc -c </tmp/file`;
    const said = await kubectl('exec', to, '--', 'sh', '-c', fetched);
    t.is(said.trim().split('\n').at(-1), String(FILE), said);
    return Number(/^real\s+([\d.]+)/m.exec(said)?.[1]);
  };
  const [limited, free] = [await address('limited'), await address('free')];
  const least = (FILE - BURST) / RATE;
  const [into, outOf] = await Promise.all([seconds('limited', free), seconds('free', limited)]);
  const alone = Number(await onNode(`curl -sS -o /dev/null -w '%{time_total}' http://${free}/file`));
  t.true(into >= least && outOf >= least, `${into} s in, ${outOf} s out; at least ${least} s`);
  t.true(alone < Math.min(into, outOf), `${alone} s without a limit, ${into} s and ${outOf} s with one`);
}
