/**
 * `make bench [ARGS=--starts=3]`: measures the built command line on this machine and writes
 * test/bench/results/latest.json and the table of README.md. Everything is measured in one run, so that ratios hold.
 */
import { cpus, totalmem } from 'node:os';
import { createGzip } from 'node:zlib';
import { readFile, writeFile } from 'node:fs/promises';
import { $, argv, path } from 'zx';
import { CHECKOUT } from '../helpers/cli.ts';
import { median, readmeTable, type Figures, type Step } from './figures.ts';

const GOCLI = path.join(CHECKOUT, 'gocli-ts/bin/gocli.js');
const FOLDER = path.join(CHECKOUT, 'cluster-provision/k8s/1.36');
const RESULTS = path.join(CHECKOUT, 'test/bench/results/latest.json');
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

async function coldStarts(times: number): Promise<{ starts: Figures['coldStarts']; removal: number }> {
  const starts: { seconds: number; steps: Step[] }[] = [];
  const removals: number[] = [];
  for (let at = 1; at <= times; at += 1) {
    console.error(`cold start ${at.toFixed(0)} of ${times.toFixed(0)}`);
    const { seconds, stdout } = await timed('run', 'k8s-1.36', '--name', NAME, '-o', 'json', '-q');
    const { timings } = JSON.parse(stdout) as { timings: Step[] };
    starts.push({
      seconds,
      steps: timings.map(({ id, title, seconds: took }) => ({ id, title, seconds: took })),
    });
    removals.push((await timed('rm', '--name', NAME)).seconds);
  }
  return { starts, removal: median(removals) };
}

async function provisioning(): Promise<Figures['provisioning']> {
  console.error('provisioning: unchanged, then from the step vm on');
  const unchanged = (await timed('provision', FOLDER, '--phases', 'commit')).seconds;
  const again = await timed('provision', FOLDER, '--phases', 'commit', '--force', 'vm', '-o', 'json');
  const { timings } = JSON.parse(again.stdout) as { timings: Step[] };
  return {
    unchanged,
    provisionScript: again.seconds,
    steps: timings.map(({ id, title, seconds }) => ({ id, title, seconds })),
  };
}

/** Bytes of the image as a registry would hold it: each byte of `docker save` through gzip. */
async function compressedSize(): Promise<number> {
  console.error('compressing the image');
  let bytes = 0;
  const save = $`docker save gocli/k8s-1.36:latest`;
  for await (const chunk of save.stdout.pipe(createGzip({ level: 6 }))) bytes += (chunk as Buffer).length;
  await save;
  return bytes;
}

const starts = Number(argv['starts'] ?? 3);
await $`docker image inspect gocli/k8s-1.36:latest`;
const help = await repeated(7, '--help');
const ls = await repeated(7, 'ls');
const { starts: runs, removal } = await coldStarts(starts);
const figures: Figures = {
  version: 1,
  machine: {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: (await $`uname -r`).stdout.trim(),
    docker: (await $`docker version --format ${'{{.Server.Version}}'}`).stdout.trim(),
    accelerator: 'tcg (no usable KVM)',
  },
  date: new Date().toISOString(),
  help,
  ls,
  removal,
  coldStarts: runs,
  provisioning: await provisioning(),
  imageBytes: await compressedSize(),
};
await writeFile(RESULTS, `${JSON.stringify(figures, undefined, 2)}\n`);
const table = readmeTable(figures);
const readme = await readFile(README, 'utf8');
const between = /(<!-- figures:begin -->\n)[\s\S]*(<!-- figures:end -->)/;
await writeFile(
  README,
  readme.replace(between, (_, begin: string, end: string) => `${begin}${table}${end}`),
);
console.log(table);
