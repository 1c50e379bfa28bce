import test from 'ava';
import { build } from '../../../gocli-ts/src/api/template.ts';
import { FakeHost } from '../../fakes/host.ts';
import { named, scripted } from '../rig/scripted.ts';

test('a build removes what an earlier one of the same plan has left', async (t) => {
  const { engine } = await scripted(t);
  const { docker } = engine;
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  // What is left when its process is killed: nothing is removed any more.
  docker.before = (asked) => {
    if (asked === 'containers.remove') throw new Error('killed');
  };
  await build({ provider: 'vm-1' }, { ...context, run: 'killed' }).catch(() => undefined);
  t.true(named(engine).length > 1, named(engine).join());
  docker.before = () => undefined;
  const { template } = await build({ provider: 'vm-1' }, { ...context, run: 'later' });
  t.truthy(template);
  t.deepEqual(
    named(engine).filter((name) => !name.startsWith('gocli-template-')),
    [],
  );
});
