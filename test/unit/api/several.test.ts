import test, { type ExecutionContext } from 'ava';
import { rm, type RmResult } from '../../../gocli-ts/src/api/rm.ts';
import { withEach, type EachRigResult } from '../../../gocli-ts/src/api/each-rig.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { listTemplates, publishTemplate } from '../../../gocli-ts/src/frozen/templates.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { findRigs } from '../../../gocli-ts/src/rig/find.ts';
import type { FakeDocker } from '../../fakes/docker.ts';
import { makeConsole, type Console } from '../../helpers/console.ts';
import { addProvider, VM_FACTS } from '../../helpers/engine.ts';
import { manifestOf } from '../frozen/frozen.ts';

const FAULT = new GocliError('DOCKER', 'the daemon refuses', { hint: 'Look at its log.' });

/** Rigs "a", "bad" and "c". */
async function withRigs(t: ExecutionContext): Promise<Console> {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  for (const name of ['a', 'bad', 'c']) {
    const { code, stderr } = await console.run('run', 'vm-1', '--name', name);
    t.is(code, 0, stderr);
  }
  return console;
}

/** From now on a kind of request fails for whatever is named after "bad". */
function refuse({ engine: { docker } }: Console, method: string): void {
  docker.before = (asked, [target]) => {
    const name = docker.containerStore.get(String(target))?.info.name ?? target;
    if (asked === method && String(name).startsWith('bad')) throw FAULT;
  };
}

async function names({ engine: { docker, paths } }: Console): Promise<string[]> {
  return (await findRigs(docker, paths)).map(({ name }) => name);
}

test('rm --all removes all but what cannot be removed, and tells both', async (t) => {
  const console = await withRigs(t);
  refuse(console, 'containers.remove');
  const { code, stdout, stderr } = await console.run('rm', '--all', '-o', 'json');
  t.is(code, FAULT.exitCode);
  const { removed } = JSON.parse(stdout) as RmResult;
  t.deepEqual(removed.map(({ name }) => name).sort(), ['a', 'c']);
  t.like((JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { error: object }).error, {
    message: FAULT.message,
    hint: FAULT.hint,
  });
  t.deepEqual(await names(console), ['bad']);
});

test('of a rig of which a part cannot be removed the rest is', async (t) => {
  const console = await withRigs(t);
  const { docker } = console.engine;
  refuse(console, 'volumes.remove');
  t.is((await console.run('rm', 'bad')).code, FAULT.exitCode);
  t.deepEqual(await docker.containers.list({ [LABEL.cluster]: 'bad' }), []);
  docker.before = (asked, [target]) => {
    const name = docker.containerStore.get(String(target))?.info.name;
    if (asked === 'containers.remove' && name === 'a-dnsmasq') throw FAULT;
  };
  t.is((await console.run('rm', 'a')).code, FAULT.exitCode);
  t.deepEqual(
    (await docker.containers.list({ [LABEL.cluster]: 'a' })).map(({ name }) => name),
    ['a-dnsmasq'],
  );
  t.false(docker.volumeStore.has('a-data'));
});

test('when rm --all is over nothing goes on, and the error holds what was removed', async (t) => {
  const console = await withRigs(t);
  const { docker } = console.engine;
  docker.before = async (asked, [target]) => {
    const name = docker.containerStore.get(String(target))?.info.name ?? '';
    if (asked !== 'containers.remove') return;
    if (name.startsWith('bad')) throw FAULT;
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const { engine, context } = console;
  const work = rm({ all: true }, { ...context, emit: engine.emit, kinds: engine.kinds, run: 'r' });
  const error = await t.throwsAsync<GocliError>(work, { code: 'DOCKER' });
  t.deepEqual(
    (error.done as RmResult).removed.map(({ name }) => name),
    ['a', 'c'],
  );
  t.deepEqual(await names(console), ['bad']);
});

test('what holds rigs goes on with the next one', async (t) => {
  const console = await withRigs(t);
  const { engine, context } = console;
  const own = { ...context, emit: engine.emit, kinds: engine.kinds, run: 'r' };
  const work = withEach({ all: true }, 'stop', own, ({ name }) =>
    name === 'bad' ? Promise.reject(FAULT) : Promise.resolve(),
  );
  const error = await t.throwsAsync<GocliError>(work, { message: FAULT.message });
  t.deepEqual((error.done as EachRigResult).clusters, ['a', 'c']);
});

test('template rm and gc remove the templates that can be removed', async (t) => {
  for (const [argv, ...ids] of [
    [['template', 'rm', '--all'], 'a', 'c'],
    [['gc'], 'a', 'c'],
  ] as const) {
    const console = await makeConsole(t);
    const { docker } = console.engine;
    const { id: imageId } = docker.addImage('image');
    // Older than any that is kept.
    for (const id of ['a', 'bad', 'c'])
      await publishTemplate(docker, manifestOf({ id, imageId, createdAt: 0 }));
    refuseTemplate(docker, 'bad');
    const { code, stdout } = await console.run(...argv, '-o', 'json');
    t.is(code, FAULT.exitCode);
    t.deepEqual(
      (JSON.parse(stdout) as { removed: { id: string }[] }).removed.map(({ id }) => id).sort(),
      ids,
    );
    t.deepEqual(
      (await listTemplates(docker)).map(({ id }) => id),
      ['bad'],
    );
  }
});

function refuseTemplate(docker: FakeDocker, id: string): void {
  docker.before = (asked, [target]) => {
    const labels = docker.containerStore.get(String(target))?.info.labels ?? {};
    if (asked === 'containers.remove' && labels[LABEL.template] === id) throw FAULT;
  };
}

test('where nothing was done there is no result', async (t) => {
  const console = await withRigs(t);
  refuse(console, 'containers.remove');
  const { code, stdout } = await console.run('rm', 'bad', '-o', 'json');
  t.is(code, FAULT.exitCode);
  t.is(stdout, '');
});
