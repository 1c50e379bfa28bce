import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findRigs } from '../../../../gocli-ts/src/rig/find.ts';
import { memberName } from '../../../../gocli-ts/src/rig/names.ts';
import { scriptMachines } from '../../frozen/machines.ts';
import { makeConsole, type Console } from '../../../helpers/console.ts';
import { addProvider, VM_FACTS } from '../../../helpers/engine.ts';

/** A command line whose machines do what they are told. */
async function withMachines(t: ExecutionContext, env: Record<string, string> = {}): Promise<Console> {
  const console = await makeConsole(t, env);
  const { docker, clock } = console.engine;
  scriptMachines(docker, clock);
  docker.onExec((argv) =>
    argv.includes('measure') ? { stdout: `9 ${'a'.repeat(64)} 8 1 ${'b'.repeat(64)}\n` } : undefined,
  );
  addProvider(docker, VM_FACTS);
  return console;
}

async function ok(t: ExecutionContext, console: Console, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await console.run(...argv);
  t.is(code, 0, stderr);
  return stdout;
}

const names = async ({ engine: { docker, paths } }: Console): Promise<string[]> =>
  (await findRigs(docker, paths)).map(({ name }) => name);

test('a pool is set, taken from, listed and removed', async (t) => {
  const console = await withMachines(t);
  const set = await ok(t, console, 'pool', 'set', 'vm-1', '--size', '1', '--wait', '-o', 'json');
  const { id, made } = JSON.parse(set) as { id: string; made: string[] };
  t.is(made.length, 1);
  t.is(await ok(t, console, 'ls', '-o', 'name'), '');
  t.is(await ok(t, console, 'ls', '--all', '-o', 'name'), `${made[0] ?? ''}\n`);
  const listed = JSON.parse(await ok(t, console, 'pool', 'ls', '-o', 'json')) as { pools: object[] };
  t.like(listed.pools, [
    { id, provider: 'vm-1', size: 1, lastTaken: null, members: [{ name: made[0], problem: null }] },
  ]);

  await ok(t, console, 'run', 'vm-1', '--name', 'c');
  t.deepEqual(await names(console), ['c']);
  t.deepEqual(
    console.host.calls.map(({ argv }) => argv.slice(2, 5)),
    [['pool', 'fill', '--background']],
  );
  await ok(t, console, 'pool', 'fill', '--wait');
  t.is((await names(console)).length, 2);
  t.regex(await ok(t, console, 'pool', 'ls'), /vm-1 .*pool-/);
  t.is((await console.run('status')).code, 0, 'the cluster, since it is the only one of the user');

  t.regex(
    await ok(t, console, 'rm', '--all'),
    /Removed cluster c\.\nWhat stands ready in the pool stays \(1\): gocli pool rm/,
  );
  t.is((await names(console)).length, 1);
  await ok(t, console, 'pool', 'rm', 'vm-1');
  t.deepEqual(await names(console), []);
  t.is((await console.run('pool', 'rm', 'vm-1')).code, 4);
});

test('the unit that fills pools after a boot goes with the last of them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-pool-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const console = await withMachines(t, { XDG_CONFIG_HOME: folder });
  const units = join(folder, 'systemd', 'user');
  const told = await ok(t, console, 'pool', 'set', 'vm-1', '--size', '1', '--at-boot', '--wait');
  t.true(told.includes(join(units, 'gocli-pool.service')) && told.includes('loginctl enable-linger'), told);
  await ok(t, console, 'pool', 'set', 'vm-1', '--size', '2', '--memory', '300M', '--wait');
  const [first, second] = (
    JSON.parse(await ok(t, console, 'pool', 'ls', '-o', 'json')) as { pools: { id: string }[] }
  ).pools;
  await ok(t, console, 'pool', 'rm', first?.id ?? '');
  t.true((await readdir(units)).includes('gocli-pool.service'));
  await ok(t, console, 'pool', 'rm', second?.id ?? '');
  t.false((await readdir(units)).includes('gocli-pool.service'));
});

test('nothing is taken, and nothing filled, where one is told not to', async (t) => {
  const console = await withMachines(t, { GOCLI_POOL: 'off' });
  await ok(t, console, 'pool', 'set', 'vm-1', '--size', '1', '--wait');
  await ok(t, console, 'run', 'vm-1', '--name', 'a');
  t.is((await names(console)).length, 2);
  t.deepEqual(console.host.calls, []);
});

test('a job takes one, and fills up nothing', async (t) => {
  const console = await withMachines(t, { GOCLI_POOL: 'take' });
  await ok(t, console, 'pool', 'set', 'vm-1', '--size', '1', '--wait');
  await ok(t, console, 'run', 'vm-1', '--name', 'a');
  t.deepEqual(await names(console), ['a']);
  t.deepEqual(console.host.calls, []);
});

test('what cannot be is refused, and leaves nothing', async (t) => {
  const console = await withMachines(t);
  for (const [argv, code, words] of [
    [['set', 'vm-1'], 2, /pool set needs --size/],
    [['set', '--size', '1'], 2, /pool set needs a provider/],
    [['set', 'vm-1', '--size', 'x'], 2, /--size: x is not a whole number/],
    [['set', 'vm-1', '--size', '0'], 2, /--size: 0 is out of range/],
    [['set', 'vm-9', '--size', '1'], 4, /there is no provider "vm-9"/],
    [
      ['set', 'vm-1', '--size', '2', '--memory', '100000G'],
      3,
      /cannot hold a pool of 2.*\n[^]*None of this plan fits/,
    ],
    [['rm'], 4, /there is no pool/],
    [['ls', 'vm-1'], 2, /unexpected word "vm-1"/],
  ] as const) {
    const { code: seen, stderr } = await console.run('pool', ...argv);
    t.is(seen, code, stderr);
    t.regex(stderr, words);
  }
  t.deepEqual(await names(console), []);
  t.deepEqual(JSON.parse(await ok(t, console, 'pool', 'ls', '-o', 'json')), { version: 1, pools: [] });
});

test('names of the pool are given to nothing else', async (t) => {
  const console = await withMachines(t);
  const name = memberName('0123456789ab');
  const { code, stderr } = await console.run('run', 'vm-1', '--name', name);
  t.is(code, 2);
  t.regex(stderr, /is the name of a cluster of the pool/);
  await ok(t, console, 'run', 'vm-1', '--name', 'c');
  t.is((await console.run('rename', 'c', name)).code, 2);
});

test('every verb on one of the pool says what it is', async (t) => {
  const console = await withMachines(t);
  await ok(t, console, 'pool', 'set', 'vm-1', '--size', '1', '--wait');
  const [name = ''] = await names(console);
  for (const argv of [
    ['resume', name],
    ['stop', name],
    ['ports', '--name', name],
    ['rename', name, 'c'],
  ]) {
    const { code, stderr } = await console.run(...argv);
    t.is(code, 8, stderr);
    t.regex(stderr, /stands ready in the pool/);
  }
  t.regex((await console.run('status', '--name', name)).stdout, /it is of the pool/);
  await ok(t, console, 'rm', name);
  t.deepEqual(await names(console), []);
});
