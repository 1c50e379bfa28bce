import test from 'ava';
import { rm } from '../../../gocli-ts/src/api/rm.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { findRig } from '../../../gocli-ts/src/rig/find.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { FakeHost } from '../../fakes/host.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS } from '../../helpers/engine.ts';

test('what changes a rig waits for who else does, and says for whom', async (t) => {
  const engine = await makeEngine(t);
  const { docker, paths } = engine;
  await up(requestFor(addProvider(docker, VM_FACTS)), engine);
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  const held = await docker.system.lock('rig c', { signal: engine.signal, onWait: () => t.fail() });
  const removing = rm({ name: 'c' }, context);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.truthy(await findRig(docker, paths, 'c'), 'and others may look at it meanwhile');
  const told = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.deepEqual(told, ['Waiting for process 1, which changes c, at work since 00:00:00 UTC.']);
  await held[Symbol.asyncDispose]();
  t.is((await removing).removed.length, 1);
  t.is(await findRig(docker, paths, 'c'), undefined);
});

test('a lock is given up when the work fails', async (t) => {
  const engine = await makeEngine(t);
  const { docker } = engine;
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  docker.failNext('containers.list', new Error('no'));
  await t.throwsAsync(rm({ name: 'c' }, context));
  await docker.system.lock('rig c', { signal: engine.signal, onWait: () => t.fail() });
  t.pass();
});

test('that what else is kept cannot be listed neither hides what a removal met nor makes it fail', async (t) => {
  const engine = await makeEngine(t);
  const { docker } = engine;
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  const lists = (): number => docker.calls.filter(({ method }) => method === 'containers.list').length;
  let last = Infinity;
  for (const fails of ['nothing', 'list', 'both']) {
    await up(requestFor(addProvider(docker, VM_FACTS)), { ...engine, run: `run-${fails}` });
    const before = lists();
    docker.before = (method) => {
      if (method === 'volumes.remove' && fails === 'both') throw new GocliError('DOCKER', 'this is why');
      if (method === 'containers.list' && lists() - before >= last) throw new GocliError('DOCKER', 'no list');
    };
    const work = rm({ all: true }, context);
    if (fails === 'both') await t.throwsAsync(work, { message: /were not removed|not removed completely/ });
    else t.is((await work).removed.length, 1);
    last = lists() - before;
    docker.before = () => undefined;
  }
  const told = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.true(told.some((text) => text.includes('cannot be listed: no list')));
});
