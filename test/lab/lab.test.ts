import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { dockerodeEngine } from '../../gocli-ts/src/place/docker/dockerode.ts';
import { userPaths } from '../../gocli-ts/src/host/paths.ts';
import { generateSshKey, type SshKeyPair } from '../../gocli-ts/src/ssh/keys.ts';
import type { SshResult } from '../../gocli-ts/src/ssh/interface.ts';
import { diskImage } from '../helpers/disk-image.ts';
import { runArguments } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';
import { payloadDisk, rootDisk } from './disks.ts';
import { Lab } from './vm.ts';

const docker = dockerodeEngine(process.env);
let image: string;
/** Its guest has an ssh server. */
let sshImage: string;
let root: string;
let work: string | undefined;
let key: SshKeyPair;
let lab: Lab | undefined;

const GOCLI = 'node /payload/gocli/dist/test/helpers/tiny-gocli.js';
/** The processor of the first boot, and a lesser one for the second. */
const CPU = 'max';
const OTHER_CPU = 'max,-avx2,-bmi2,-fma';

test.before('a Debian host with KVM', async () => {
  key = await generateSshKey('lab');
  image = await tinyImage(docker);
  sshImage = await diskImage(docker);
  root = await rootDisk();
  work = await mkdtemp(join(userPaths(process.env).cache, 'lab', 'work-'));
  await payloadDisk(work, [image, sshImage]);
  lab = await boot(CPU);
  await run('docker load --quiet --input /payload/images.tar');
});

test.after.always('the host goes', async () => {
  await lab?.[Symbol.asyncDispose]();
  if (work !== undefined) await rm(work, { recursive: true, force: true });
});

function boot(cpu: string): Promise<Lab> {
  return Lab.boot({ docker, image, root, work: work ?? '', cpu, key });
}

async function run(command: string): Promise<SshResult> {
  if (lab === undefined) throw new Error('the lab is not up');
  const result = await lab.run(command);
  if (result.exitCode !== 0) throw new Error(`${command}\n${result.stdout}\n${result.stderr}`);
  return result;
}

/** Runs the command line in the lab. */
function gocli(t: ExecutionContext, ...argv: string[]): Promise<SshResult> {
  return timed(t, argv, GOCLI);
}

/** The same with Podman's socket, and with a state folder of its own. */
function onPodman(t: ExecutionContext, ...argv: string[]): Promise<SshResult> {
  return timed(t, argv, `DOCKER_HOST=unix:///run/podman/podman.sock XDG_STATE_HOME=/root/podman ${GOCLI}`);
}

async function timed(t: ExecutionContext, argv: readonly string[], program: string): Promise<SshResult> {
  const started = Date.now();
  const result = await run(`${program} ${argv.join(' ')}`);
  t.log(`${argv.join(' ')}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/** Words of a `gocli run` that has the time that it needs here. */
function patient(reference: string, name: string): string[] {
  const argv = runArguments(reference, name).map((word) => (word === '120' ? '900' : word));
  return [...argv, '--progress', 'plain'];
}

/** `gocli run` of the tiny guest; what it prints on stderr. */
async function start(t: ExecutionContext, name: string, ...flags: string[]): Promise<string> {
  return (await gocli(t, ...patient(image, name), ...flags)).stderr;
}

async function json<T>(t: ExecutionContext, ...argv: string[]): Promise<T> {
  return JSON.parse((await gocli(t, ...argv, '-o', 'json')).stdout) as T;
}

interface ShownTemplate {
  readonly id: string;
  readonly fits: boolean;
  readonly why: string;
  readonly manifest: { accelerator: string; cpu: { model: string; tscHz: number } };
}

async function templateIds(t: ExecutionContext): Promise<string[]> {
  return (await json<{ templates: { id: string }[] }>(t, 'template', 'ls')).templates.map(({ id }) => id);
}

test.serial('it has what most users have: systemd, cgroup v2, a Docker of today and /dev/kvm', async (t) => {
  t.is((await run('stat --file-system --format %T /sys/fs/cgroup')).stdout.trim(), 'cgroup2fs');
  t.is((await run('readlink /proc/1/exe')).stdout.trim(), '/usr/lib/systemd/systemd');
  const { stdout } = await run(`docker version --format '{{.Server.Version}}'`);
  t.true(Number.parseInt(stdout) >= 26, stdout);
  await run('test -c /dev/kvm');
});

test.serial('what make cluster-up begins with starts Docker through systemd', async (t) => {
  await run('systemctl stop docker.socket docker.service');
  const { stderr } = await run('/payload/gocli/cluster-up/bootstrap.sh docker');
  t.regex(stderr, /starting Docker: systemctl start docker/);
  t.is((await run('systemctl is-active docker')).stdout.trim(), 'active');
});

test.serial('doctor finds nothing that stops a start, and KVM', async (t) => {
  // It is not healthy: there is nothing to provision with.
  const { stdout } = (await lab?.run(`${GOCLI} doctor -o json`)) ?? { stdout: '{}' };
  const { checks } = JSON.parse(stdout) as { checks: { id: string; state: string; observed: string }[] };
  t.is(checks.find(({ id }) => id === 'accelerator')?.state, 'ok');
  t.regex(checks.find(({ id }) => id === 'accelerator')?.observed ?? '', /kvm/);
});

test.serial('a cold start leaves a template, made under KVM on a named and enforced CPU', async (t) => {
  const said = await start(t, 'one', '--timings');
  t.regex(said, /kvm/);
  t.log(said);
  const [id] = await templateIds(t);
  const { manifest } = await json<ShownTemplate>(t, 'template', 'show', id ?? '');
  t.is(manifest.accelerator, 'kvm');
  t.regex(manifest.cpu.model, /^\S+-v\d+,enforce$/);
  t.true(manifest.cpu.tscHz > 0);
  t.log(manifest.cpu.model);
});

test.serial('the next start thaws it, beside the first', async (t) => {
  const said = await start(t, 'two', '--timings');
  t.log(said);
  t.notRegex(said, /Starting cold/);
  const { templates } = await json<{ templates: { usedBy: string[] }[] }>(t, 'template', 'ls');
  t.deepEqual(templates[0]?.usedBy, ['one', 'two']);
  const { clusters } = await json<{ clusters: { name: string; state: string; accelerator: string }[] }>(
    t,
    'ls',
  );
  t.deepEqual(
    clusters.map(({ name, state, accelerator }) => [name, state, accelerator]),
    [
      ['one', 'running', 'kvm'],
      ['two', 'running', 'kvm'],
    ],
  );
});

test.serial('pause and resume', async (t) => {
  await gocli(t, 'pause', 'two');
  t.regex((await gocli(t, 'ls')).stdout, /two .* paused/);
  await gocli(t, 'resume', 'two');
  t.is((await json<{ ready: boolean }>(t, 'status', '--name', 'two')).ready, true);
});

test.serial('a snapshot, its restore, and a new cluster from it', async (t) => {
  await gocli(t, 'snapshot', 'create', 'here', '--name', 'two');
  await gocli(t, 'snapshot', 'restore', 'here');
  await gocli(t, 'run', '--snapshot', 'here', '--name', 'three', '--timeout', '900');
  t.is((await json<{ ready: boolean }>(t, 'status', '--name', 'three')).ready, true);
});

test.serial('stop and start', async (t) => {
  await gocli(t, 'stop', 'one');
  t.regex((await gocli(t, 'ls')).stdout, /one .* stopped/);
  await gocli(t, 'start', 'one');
  t.is((await json<{ ready: boolean }>(t, 'status', '--name', 'one')).ready, true);
});

test.serial('Podman: run, thaw, ssh, snapshot, stop, start and rm', async (t) => {
  await run('systemctl start podman.socket && podman load --quiet --input /payload/images.tar');
  await onPodman(t, ...patient(sshImage, 'pod'));
  const said = await onPodman(t, ...patient(sshImage, 'pod2'));
  t.regex(said.stdout, /thawed from template/);
  const inGuest = await onPodman(t, 'ssh', '--name', 'pod2', 'node01', '--', 'cat', '/proc/cmdline');
  t.regex(inGuest.stdout, /console=/);
  await onPodman(t, 'snapshot', 'create', 'there', '--name', 'pod2');
  await onPodman(t, 'stop', 'pod2');
  t.regex((await onPodman(t, 'ls')).stdout, /pod2 .* stopped/);
  await onPodman(t, 'start', 'pod2');
  await onPodman(t, 'status', '--name', 'pod2');
  await onPodman(t, 'snapshot', 'restore', 'there');
  await onPodman(t, 'snapshot', 'rm', 'there');
  await onPodman(t, 'rm', '--all');
  const { stdout } = await onPodman(t, 'template', 'ls', '-o', 'json');
  for (const { id } of (JSON.parse(stdout) as { templates: { id: string }[] }).templates)
    await onPodman(t, 'template', 'rm', id);
  t.is((await run('podman ps --all --quiet; podman volume ls --quiet')).stdout, '');
});

test.serial('on another processor the template is refused, and the start is cold', async (t) => {
  await gocli(t, 'rm', '--all');
  await lab?.[Symbol.asyncDispose]();
  lab = await boot(OTHER_CPU);
  const said = await start(t, 'four');
  t.regex(
    said,
    /Starting cold: template \w+ does not fit: (its CPU model is|it was made on another|the flags)/,
  );
  t.log(said);
});

test.serial('without KVM a template of KVM is refused, and the other way round', async (t) => {
  await gocli(t, 'rm', '--all');
  await run('modprobe --remove kvm-amd kvm');
  t.regex(await start(t, 'five'), /it was made with kvm, and this host uses tcg/);
  await gocli(t, 'rm', '--all');
  await run('modprobe kvm-amd');
  for (const id of await templateIds(t)) {
    const { manifest } = await json<ShownTemplate>(t, 'template', 'show', id);
    if (manifest.accelerator === 'kvm') await gocli(t, 'template', 'rm', id);
  }
  t.regex(await start(t, 'six'), /it was made with tcg, and this host uses kvm/);
});

test.serial('nothing stays', async (t) => {
  await gocli(t, 'rm', '--all');
  for (const id of await templateIds(t)) await gocli(t, 'template', 'rm', id);
  await gocli(t, 'snapshot', 'rm', 'here');
  t.is((await run('docker ps --all --quiet')).stdout, '');
});
