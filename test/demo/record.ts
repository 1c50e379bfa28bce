/**
 * `make demo`: records a real run of the commands that README shows, and writes it as docs/demo.svg. What is recorded is
 * what a pipe gets, in lines; waits are shortened, and what is of this machine is left out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHECKOUT } from '../helpers/cli.ts';
import { renderSvg, type RecordedLine } from './svg.ts';

const COMMANDS = [
  'make cluster-up',
  'cluster-up/kubectl.sh get nodes',
  'cluster-up/kubectl.sh get pods -A',
  'cluster-up/cli.sh snapshot create clean',
  'cluster-up/cli.sh snapshot ls',
  'make cluster-down',
  'cluster-up/cli.sh snapshot rm clean',
];
/** Name of the cluster, so that nobody's own is touched. */
const JOB = 'demo';
/** Seconds: the longest wait that is shown, what a reader is given after each command, and at the end. */
const LONGEST = 2.5;
const PAUSE = 1.6;
const END = 5;

const state = await mkdtemp(join(tmpdir(), 'gocli-demo-'));
const env = surroundings(state);
const lines: RecordedLine[] = [];
let at = 0.5;
const names: string[] = [];
await run('cluster-up/cli.sh ls -o name', (name) => names.push(name));
if (names.includes(JOB))
  throw new Error(`there is a cluster ${JOB}, which is not to be touched: rename it first`);
try {
  for (const command of COMMANDS) await record(command);
  await writeFile(join(CHECKOUT, 'docs', 'demo.svg'), renderSvg({ lines, seconds: at + END }));
} finally {
  await run('cluster-up/down.sh', () => undefined);
  await run(`cluster-up/cli.sh snapshot rm clean --name ${JOB}`, () => undefined);
  await rm(state, { recursive: true, force: true });
}

async function record(command: string): Promise<void> {
  if (lines.length > 0) lines.push({ at, text: '' });
  lines.push({ at, text: command, typed: true });
  at += PAUSE;
  let last = performance.now();
  const code = await run(command, (text) => {
    const now = performance.now();
    at += Math.min((now - last) / 1000, LONGEST);
    last = now;
    lines.push({ at, text: withoutPlaces(text) });
    process.stdout.write(`${text}\n`);
  });
  at += PAUSE;
  if (code !== 0) throw new Error(`${command}: exit code ${String(code)}`);
}

async function run(command: string, onLine: (text: string) => void): Promise<number> {
  const child = spawn('bash', ['-c', `exec 2>&1; ${command}`], {
    cwd: CHECKOUT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reader = createInterface({ input: child.stdout });
  reader.on('line', onLine);
  const [[code]] = (await Promise.all([once(child, 'close'), once(reader, 'close')])) as [
    [number | null],
    unknown,
  ];
  return code ?? 1;
}

/** A state folder of its own, and nothing that the make around this tells its children. */
function surroundings(folder: string): Record<string, string | undefined> {
  const others = Object.entries(process.env).filter(([name]) => !/^(?:MAKE|MFLAGS)/.test(name));
  return {
    ...Object.fromEntries(others),
    XDG_STATE_HOME: folder,
    KUBEVIRTCI_CONFIG_PATH: join(folder, 'ci'),
    JOB_NAME: JOB,
    EXECUTOR_NUMBER: '',
    KUBEVIRT_PROVIDER: 'k8s-1.36',
  };
}

function withoutPlaces(text: string): string {
  return text.replaceAll(state, '~/.local/state').replaceAll(CHECKOUT.replace(/\/$/, ''), '~/gocli');
}
