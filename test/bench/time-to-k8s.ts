import { readFileSync } from 'node:fs';
import { $, path } from 'zx';
import { userPaths } from '../../gocli-ts/src/host/paths.ts';
import { CHECKOUT } from '../helpers/cli.ts';
import { IMAGE, PROVIDER } from '../helpers/provider.ts';
import type { TimeToK8s } from './figures.ts';

const GOCLI = path.join(CHECKOUT, 'gocli-ts/bin/gocli.js');
const APP = path.join(CHECKOUT, 'test/fixtures/netcat.yaml');
/** As in the benchmark: attempts at most, and milliseconds between two, which are not counted. */
const ATTEMPTS = 5000;
const PAUSE_MS = 10;

/**
 * One iteration of the time-to-k8s benchmark: six phases, one after the other; of a phase only the durations of its
 * attempts count. Where it differs from the published runs: the image of the application is in the node already.
 */
export async function timeToK8s(name: string): Promise<TimeToK8s> {
  const before = cpuTimes();
  const start = performance.now();
  await $`${process.execPath} ${GOCLI} run ${PROVIDER} --name ${name} -q`;
  const command = (performance.now() - start) / 1000;
  const { stdout } = await $`${process.execPath} ${GOCLI} kubeconfig --name ${name} --path`;
  const kubectl = await kubectlOf(name);
  const env = { ...process.env, KUBECONFIG: stdout.trim() };
  const retried = (...words: string[]): Promise<number> => phase(kubectl, env, words);
  const api = await retried('get', 'po', '-A');
  const service = await retried('get', 'svc', 'kubernetes');
  const dnsService = await retried('get', 'svc', 'kube-dns', '-n', 'kube-system');
  const connect = ['exec', 'deployment/netcat', '--', 'sh', '-c', 'nc -w 1 localhost 8080 </dev/null'];
  const app = (await retried('apply', '-f', APP)) + (await retried(...connect));
  const dns = await retried(
    'exec',
    'deployment/netcat',
    '--',
    'nslookup',
    'netcat.default.svc.cluster.local',
  );
  const after = cpuTimes();
  const cpuPercent = (100 * (after.busy - before.busy)) / (after.all - before.all);
  return { command, api, service, dnsService, app, dns, cpuPercent };
}

/** The provider's own kubectl, which the benchmark would find on PATH. */
async function kubectlOf(name: string): Promise<string> {
  await $`${process.execPath} ${GOCLI} kubectl --name ${name} version --client`;
  const id = (await $`docker image inspect --format ${'{{.Id}}'} ${IMAGE}`).stdout.trim();
  return path.join(
    userPaths(process.env).cache,
    'kubectl',
    id.replace('sha256:', '').slice(0, 16),
    'kubectl',
  );
}

async function phase(kubectl: string, env: NodeJS.ProcessEnv, words: readonly string[]): Promise<number> {
  let seconds = 0;
  for (let left = ATTEMPTS; left > 0; left -= 1) {
    const start = performance.now();
    const { exitCode } = await $({ env })`${kubectl} ${words}`.nothrow();
    seconds += (performance.now() - start) / 1000;
    if (exitCode === 0) return seconds;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`kubectl ${words.join(' ')} never succeeded`);
}

/** Jiffies of all processors together (proc(5), /proc/stat). */
function cpuTimes(): { busy: number; all: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, ...rest] = first
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const all = [user, nice, system, idle, iowait, ...rest].reduce((sum, one) => sum + one, 0);
  return { busy: all - idle - iowait, all };
}
