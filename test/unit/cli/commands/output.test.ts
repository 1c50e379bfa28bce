import test, { type ExecutionContext } from 'ava';
import { publishTemplate } from '../../../../gocli-ts/src/frozen/templates.ts';
import { publishSnapshot } from '../../../../gocli-ts/src/rig/snapshot/snapshots.ts';
import { readState } from '../../../../gocli-ts/src/rig/state.ts';
import { makeConsole, type Console } from '../../../helpers/console.ts';
import { addProvider, VM_FACTS } from '../../../helpers/engine.ts';
import { manifestOf } from '../../frozen/frozen.ts';

const CREATED = '1970-01-01T00:00:00.000Z';

/** A cluster "vm-1" that runs, a snapshot of it, and a template of its image. */
async function setUp(t: ExecutionContext): Promise<Console> {
  const console = await makeConsole(t);
  const { docker, paths, clock } = console.engine;
  const { id: imageId } = addProvider(docker, VM_FACTS);
  const { code, stderr } = await console.run('run', 'vm-1', '--no-template');
  t.is(code, 0, stderr);
  const state = await readState(paths, 'vm-1');
  if (state === undefined) throw new Error('the cluster has no state');
  await publishTemplate(docker, manifestOf({ id: 'aaaaaaaaaaaa', imageId, createdAt: clock.now() }));
  await publishSnapshot(docker, {
    format: 1,
    kind: 'snapshot',
    name: 'clean',
    id: '0123456789ab',
    createdAt: 0,
    saved: { qemu: '10.0.13', capabilities: [], direct: true, machines: [] },
    state,
  });
  return console;
}

async function json(console: Console, ...argv: string[]): Promise<unknown> {
  return JSON.parse((await console.run(...argv, '-o', 'json')).stdout);
}

test('snapshots: a list, one of them, and what was removed', async (t) => {
  const console = await setUp(t);
  const row = { name: 'clean', cluster: 'vm-1', nodes: 1, createdAt: CREATED };
  t.deepEqual(await json(console, 'snapshot', 'ls'), { version: 1, snapshots: [row] });
  t.is(
    (await console.run('snapshot', 'ls')).stdout,
    `SNAPSHOT  CLUSTER  NODES  CREATED\nclean     vm-1     1      ${CREATED}\n`,
  );
  t.like(await json(console, 'snapshot', 'show', 'clean'), { ...row, provider: 'vm-1', template: '-' });
  t.regex((await console.run('snapshot', 'show', 'clean')).stdout, /^template +-$/m);
  t.is((await console.run('snapshot', 'show')).code, 2);
  const removed = await console.run('snapshot', 'rm', 'clean');
  t.is(removed.stdout, 'Removed snapshot clean of cluster vm-1.\n', removed.stderr);
  t.is((await console.run('snapshot', 'ls', '-o', 'name')).stdout, '');
});

test('templates: a list, one of them with what it fits, verified, removed', async (t) => {
  const console = await setUp(t);
  const row = { id: 'aaaaaaaaaaaa', nodes: 1, usedBy: [], hasImage: true, problem: null };
  t.like(await json(console, 'template', 'ls'), { templates: [row] });
  t.regex((await console.run('template', 'ls')).stdout, /^aaaaaaaaaaaa .* 0\.0 s +- +0\.0 s +-$/m);
  const shown = await json(console, 'template', 'show');
  t.like(shown, { ...row, fits: false });
  t.false('guest' in (shown as object));
  t.regex((await console.run('template', 'show')).stdout, /^fits the plan asked for +there is no image/m);
  t.is((await console.run('template', 'verify')).stdout, 'Template aaaaaaaaaaaa is intact.\n');
  t.is((await console.run('template', 'ls', 'aaaaaaaaaaaa')).code, 2, 'a list is of all');
  t.is((await console.run('template', 'rm')).code, 2, 'not even the only one is removed unnamed');
  t.is((await console.run('template', 'rm', 'aaaaaaaaaaaa')).stdout, 'Removed template aaaaaaaaaaaa.\n');
  t.is((await console.run('template', 'show')).code, 4);
});

test('logs, under the names of their containers', async (t) => {
  const console = await setUp(t);
  t.regex((await console.run('logs', 'node01', '--tail', '1')).stdout, /^==> vm-1-node01 <==\n/);
  const names = (await console.run('logs', '-o', 'name')).stdout;
  t.deepEqual(names.trim().split('\n').sort(), [
    'vm-1-dnsmasq',
    'vm-1-node01',
    'vm-1-node01 console',
    'vm-1-registry',
  ]);
});

test('what changes the guests is a flag of template, too', async (t) => {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  t.is((await console.run('template', 'build', 'vm-1', '--kernel-args', 'a.b=7')).code, 0);
  const made = console.engine.docker.calls.filter(({ method }) => method === 'containers.create');
  t.true(made.some(({ args }) => JSON.stringify(args).includes('a.b=7')));
  t.regex((await console.run('template', 'build', 'vm-1', '--disk-size', '4X')).stderr, /--disk-size: "4X"/);
});

test('one and all, or two names, are asked back: nothing of it happens', async (t) => {
  const console = await setUp(t);
  const one = { cluster: 'vm-1', template: 'aaaaaaaaaaaa' };
  const cases: readonly (readonly string[])[] = [
    ['rm', one.cluster, '--all'],
    ['rm', '--name', one.cluster, '--all'],
    ['stop', one.cluster, '--all'],
    ['start', one.cluster, '--all'],
    ['pause', one.cluster, '--all'],
    ['resume', one.cluster, '--all'],
    ['template', 'rm', one.template, '--all'],
    ['template', 'verify', one.template, '--all'],
    ['rm', one.cluster, '--name', 'two'],
    ['stop', one.cluster, '--name', 'two'],
    ['status', one.cluster, '--name', 'two'],
  ];
  for (const argv of cases) {
    const { code, stderr } = await console.run(...argv);
    t.is(code, 2, argv.join(' '));
    t.regex(stderr, /either "[^"]+" or all of them|which cluster: "vm-1", or "two"/);
  }
  t.is((await console.run('status')).code, 0);
  t.is((await console.run('template', 'ls', '-o', 'name')).stdout, 'aaaaaaaaaaaa\n');
  // The same name twice is one.
  t.is((await console.run('status', one.cluster, '--name', one.cluster)).code, 0);
});
