/**
 * `make bench [ARGS="--starts=3"]`: measures the built command line on this machine and writes
 * test/bench/results/latest.json and the table of README.md. Everything is measured in one run, so that ratios hold;
 * `--only=clusters` (or `commands`, `saving`, `provisioning`, `image`) measures one part anew and keeps the figures of
 * the others.
 *
 * `make bench ARGS="--against=CHECKOUT"` compares this checkout with another one instead (compare/compare.ts).
 */
import { cpus, totalmem } from 'node:os';
import { createGzip } from 'node:zlib';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { $, argv, path } from 'zx';
import { readIfThere } from '../../gocli-ts/src/host/atomic-files.ts';
import { CHECKOUT } from '../helpers/cli.ts';
import { DEFAULT_PROVIDER, IMAGE, PROVIDER, providerFolder } from '../helpers/provider.ts';
import {
  median,
  readmeTable,
  timeToK8sCsv,
  type ClusterFigures,
  type Figures,
  type Provisioning,
  type Step,
  type TimeToK8s,
} from './figures.ts';
import { compareCheckouts } from './compare/compare.ts';
import { isComparison } from './compare/options.ts';
import { acceleratorOf, requireThawed, stepsOf } from './started.ts';
import { timeToK8s } from './time-to-k8s.ts';

const GOCLI = path.join(CHECKOUT, 'gocli-ts/bin/gocli.js');
// Figures of another provider stand beside those of README.md.
const suffix = PROVIDER === DEFAULT_PROVIDER ? '' : `-${PROVIDER}`;
const RESULTS = path.join(CHECKOUT, `test/bench/results/latest${suffix}.json`);
const README = path.join(CHECKOUT, 'README.md');
const NAME = 'bench';

$.cwd = CHECKOUT;
$.quiet = true;

interface Timed {
  readonly seconds: number;
  readonly stdout: string;
}

async function timed(...words: string[]): Promise<Timed> {
  const start = performance.now();
  const { stdout } = await $`${process.execPath} ${GOCLI} ${words}`;
  return { seconds: (performance.now() - start) / 1000, stdout };
}

async function repeated(times: number, ...words: string[]): Promise<number> {
  const seconds: number[] = [];
  for (let left = times; left > 0; left -= 1) seconds.push((await timed(...words)).seconds);
  return median(seconds);
}

async function coldStarts(
  times: number,
): Promise<{ starts: Figures['coldStarts']; accelerator: string; removal: number; pss: number }> {
  const starts: { seconds: number; steps: Step[] }[] = [];
  const removals: number[] = [];
  let pss = 0;
  let accelerator = '';
  for (let at = 1; at <= times; at += 1) {
    console.error(`cold start ${at.toFixed(0)} of ${times.toFixed(0)}`);
    const words = ['run', PROVIDER, '--name', NAME, '--no-template', '-o', 'json', '-q'];
    const { seconds, stdout } = await timed(...words);
    starts.push({ seconds, steps: stepsOf(stdout) });
    accelerator = acceleratorOf(stdout);
    pss = await pssOf(`${NAME}-node01`);
    removals.push((await timed('rm', '--name', NAME)).seconds);
  }
  return { starts, accelerator, removal: median(removals), pss };
}

/** What a user types, from its beginning to its end, with a template that fits. */
async function thaws(times: number, nodes: number): Promise<Pick<Figures, 'thaws' | 'resume'>> {
  const seconds: number[] = [];
  const resumes: number[] = [];
  for (let at = 0; at <= times; at += 1) {
    console.error(
      at === 0 ? 'making the template, if need be' : `thaw ${at.toFixed(0)} of ${times.toFixed(0)}`,
    );
    const start = performance.now();
    const { stdout } = await $`make -s cluster-up ARGS=${`-o json -q --nodes ${nodes.toFixed(0)}`}`;
    const took = (performance.now() - start) / 1000;
    if (at > 0) requireThawed(stdout);
    if (at > 0) seconds.push(took);
    if (at > 0) resumes.push(stepsOf(stdout).find(({ id }) => id === 'thaw')?.seconds ?? Number.NaN);
    if (at < times) await $`make -s cluster-down ARGS=`;
  }
  return { thaws: seconds, resume: median(resumes) };
}

/** Bytes of memory of a machine, shared pages in parts (proc(5), smaps_rollup). */
async function pssOf(container: string): Promise<number> {
  const pid = (await $`docker inspect --format ${'{{.State.Pid}}'} ${container}`).stdout.trim();
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) * 1024;
}

/** Memory of two clusters that were thawed from one template, together. */
async function twoThawed(): Promise<number> {
  console.error('memory of two thawed clusters');
  const names = [`${NAME}-a`, `${NAME}-b`];
  for (const name of names) {
    const { stdout } = await timed('run', PROVIDER, '--name', name, '-o', 'json', '-q');
    requireThawed(stdout);
  }
  const [first = Number.NaN, second = Number.NaN] = await Promise.all(
    names.map((name) => pssOf(`${name}-node01`)),
  );
  for (const name of names) await timed('rm', '--name', name);
  return first + second;
}

/** Cores that the machine of node01 takes while nothing is asked of the cluster. */
async function idleCores(): Promise<number> {
  console.error('idle for 90 s');
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const container = `${PROVIDER}-node01`;
  const pid = (await $`docker inspect --format ${'{{.State.Pid}}'} ${container}`).stdout.trim();
  const jiffies = async (): Promise<number> => {
    const words = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    return Number(words[11]) + Number(words[12]);
  };
  const before = await jiffies();
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  return ((await jiffies()) - before) / 100 / 60;
}

/** Each several times, since a disk that was never written to is slow at first. */
async function saving(): Promise<Pick<Figures, 'snapshot' | 'stopStart'>> {
  console.error('snapshot, restore, stop, start');
  const seconds = async (...words: string[]): Promise<number> => (await timed(...words)).seconds;
  const runs: Record<'create' | 'restore' | 'stop' | 'start', number>[] = [];
  await timed('run', PROVIDER, '--name', NAME, '-q');
  for (let left = 3; left > 0; left -= 1) {
    const create = await seconds('snapshot', 'create', 'bench-point', '--name', NAME);
    const restore = await seconds('snapshot', 'restore', 'bench-point');
    await timed('snapshot', 'rm', 'bench-point');
    runs.push({ create, restore, stop: await seconds('stop', NAME), start: await seconds('start', NAME) });
  }
  await timed('rm', '--name', NAME);
  const middle = (what: keyof (typeof runs)[number]): number => median(runs.map((run) => run[what]));
  return {
    snapshot: { create: middle('create'), restore: middle('restore') },
    stopStart: { stop: middle('stop'), start: middle('start') },
  };
}

async function benchmark(iterations: number): Promise<TimeToK8s[]> {
  const runs: TimeToK8s[] = [];
  for (let at = 0; at <= iterations; at += 1) {
    console.error(`time-to-k8s ${at.toFixed(0)} of ${iterations.toFixed(0)}`);
    runs.push(await timeToK8s(NAME));
    await timed('rm', '--name', NAME);
  }
  return runs.slice(1);
}

/** Provisioning as on a machine that never did it. */
async function fromEmpty(from: string): Promise<Provisioning> {
  console.error('provisioning from empty caches: a quarter of an hour');
  const folder = await mkdtemp('/var/tmp/gocli-bench-');
  const caches = { XDG_CACHE_HOME: 'cache', GOCACHE: 'go-build', GOMODCACHE: 'go-modules' };
  const places = Object.entries(caches).map(([name, below]) => [name, path.join(folder, below)]);
  const env = { ...process.env, ...(Object.fromEntries(places) as Record<string, string>) };
  const start = performance.now();
  try {
    const argv = ['provision', from, '--phases', 'seal', '-o', 'json', '-q'];
    const { stdout } = await $({ env })`${process.execPath} ${GOCLI} ${argv}`;
    return { seconds: (performance.now() - start) / 1000, steps: stepsOf(stdout) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function provisioning(): Promise<Figures['provisioning']> {
  const from = await providerFolder();
  const empty = await fromEmpty(from);
  console.error('provisioning: unchanged, then from the step vm on');
  const unchanged = (await timed('provision', from, '--phases', 'commit')).seconds;
  const again = await timed('provision', from, '--phases', 'commit', '--force', 'vm', '-o', 'json');
  return { empty, unchanged, provisionScript: again.seconds, steps: stepsOf(again.stdout) };
}

/** Bytes of the image as a registry would hold it: each byte of `docker save` through gzip. */
async function compressedSize(): Promise<number> {
  console.error('compressing the image');
  let bytes = 0;
  const save = $`docker save ${IMAGE}`;
  for await (const chunk of save.stdout.pipe(createGzip({ level: 6 }))) bytes += (chunk as Buffer).length;
  await save;
  return bytes;
}

async function clusters(): Promise<ClusterFigures> {
  const { starts, accelerator, removal, pss } = await coldStarts(Number(argv['starts'] ?? 3));
  const three = Number(argv['three'] ?? 5);
  const threeNodes = three > 0 ? median((await thaws(three, 3)).thaws) : undefined;
  await timed('rm', '--all');
  const thawed = await thaws(Number(argv['thaws'] ?? 10), 1);
  const idle = await idleCores();
  await timed('rm', '--all');
  const memory = { cold: pss, twoThawed: await twoThawed() };
  const iterations = await benchmark(Number(argv['iterations'] ?? 10));
  const date = new Date().toISOString();
  const own = { accelerator, removal, coldStarts: starts, threeNodes, memory, idleCores: idle };
  return { date, ...own, ...thawed, timeToK8s: iterations };
}

async function machine(): Promise<Figures['machine']> {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: (await $`uname -r`).stdout.trim(),
    docker: (await $`docker version --format ${'{{.Server.Version}}'}`).stdout.trim(),
  };
}

async function write(figures: Figures): Promise<void> {
  const version = (await timed('version')).stdout.trim().split('\n')[0] ?? '';
  await writeFile(
    path.join(CHECKOUT, `test/bench/results/time-to-k8s${suffix}.csv`),
    timeToK8sCsv(figures.timeToK8s, figures.date, version, PROVIDER),
  );
  await writeFile(RESULTS, `${JSON.stringify(figures, undefined, 2)}\n`);
  const table = readmeTable(figures);
  console.log(table);
  if (PROVIDER !== DEFAULT_PROVIDER) return;
  const readme = await readFile(README, 'utf8');
  const between = /(<!-- figures:begin -->\n)[\s\S]*(<!-- figures:end -->)/;
  const replaced = readme.replace(between, (_, begin: string, end: string) => `${begin}${table}${end}`);
  await writeFile(README, replaced);
}

/** The parts that `--only` can name; none has a ratio with another. */
const PARTS: Record<string, () => Promise<Partial<Figures>>> = {
  commands: async () => ({ help: await repeated(7, '--help'), ls: await repeated(7, 'ls') }),
  clusters,
  saving,
  provisioning: async () => ({ provisioning: await provisioning() }),
  image: async () => ({ imageBytes: await compressedSize() }),
};

const FLAGS = ['only', 'starts', 'three', 'thaws', 'iterations'];

/** What would make the run measure nothing, or remove a cluster that is not its own. */
async function obstacle(only: string | undefined, earlier: string | undefined): Promise<string | undefined> {
  const unknown = [...Object.keys(argv).filter((key) => key !== '_' && !FLAGS.includes(key)), ...argv._][0];
  if (unknown !== undefined) return `"${unknown}" is not known; the flags are --${FLAGS.join(', --')}`;
  if (only !== undefined && !Object.hasOwn(PARTS, only))
    return `--only=${only}: the parts are ${Object.keys(PARTS).join(', ')}`;
  if (only !== undefined && earlier === undefined)
    return `there are no other figures of ${PROVIDER} yet; measure them all first, without --only`;
  if ((await $`docker image inspect ${IMAGE}`.nothrow()).exitCode !== 0)
    return `image ${IMAGE} is not there; make it with gocli provision`;
  const clusters = (await timed('ls', '-o', 'name')).stdout.trim();
  return clusters === '' ? undefined : `remove your clusters first: ${clusters.split('\n').join(', ')}`;
}

async function measure(): Promise<number> {
  const only = argv['only'] as string | undefined;
  const earlier = await readIfThere(RESULTS);
  const problem = await obstacle(only, earlier);
  if (problem !== undefined) {
    console.error(`bench: ${problem}`);
    return 2;
  }
  let figures = JSON.parse(earlier ?? '{}') as Figures;
  for (const [name, part] of Object.entries(PARTS)) {
    if (only === undefined || only === name) figures = { ...figures, ...(await part()) };
  }
  await write({ ...figures, version: 1, machine: await machine() });
  return 0;
}

const words = process.argv.slice(2);
process.exitCode = isComparison(words) ? await compareCheckouts(words) : await measure();
