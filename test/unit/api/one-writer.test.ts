import test from 'ava';
import { rm } from '../../../gocli-ts/src/api/rm.ts';
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
