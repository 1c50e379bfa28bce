import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { GocliEvent } from '../../../../gocli-ts/src/events/events.ts';
import { GocliError } from '../../../../gocli-ts/src/errors/error.ts';
import { checkStep } from '../../../../gocli-ts/src/provision/steps/check.ts';
import type { StepContext } from '../../../../gocli-ts/src/provision/step.ts';
import type { RigState } from '../../../../gocli-ts/src/rig/state.ts';
import { tinyKind } from '../../../kinds/tiny.ts';
import { scripted, type Scripted } from '../../rig/scripted.ts';

/** Runs the step on the image of a provider; what it tells is in the engine's events. */
async function check({ engine }: Scripted, commands: readonly string[] = []): Promise<void> {
  const folder = join(engine.paths.state, '..', 'result');
  await mkdir(folder, { recursive: true });
  const [image] = engine.docker.imageStore.keys();
  await writeFile(join(folder, 'image'), image ?? '');
  const recipe = { provider: { check: commands } };
  const context = { ...engine, recipe, results: { commit: folder }, output: folder };
  await checkStep().run(context as unknown as StepContext);
}

test('all that the start of the image tells carries the name of its rig, and the rig goes', async (t) => {
  const made = await scripted(t);
  await check(made);
  const { docker, events, run } = made.engine;
  t.true(events.length > 0);
  const rigs = new Set(events.map((event: GocliEvent & { rig?: string }) => event.rig));
  t.deepEqual([...rigs], [`check-${run}`]);
  t.deepEqual(
    [...docker.containerStore.values()].filter(({ info }) => info.name.startsWith('check-')),
    [],
  );
});

test('a clean-up that fails does not hide why the start did', async (t) => {
  const made = await scripted(t);
  const { docker, events } = made.engine;
  docker.failNext('containers.start', new GocliError('DOCKER', 'the start failed'));
  docker.before = (method) => {
    if (method === 'containers.remove') throw new GocliError('DOCKER', 'nothing can be removed');
  };
  await t.throwsAsync(check(made), { message: 'the start failed' });
  const warnings = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.true(
    warnings.some((text) => /nothing can be removed.*gocli rm --name check-|gocli rm check-/.test(text)),
  );
});

test('what the kind of an image tries is tried, and its refusal is that of the image', async (t) => {
  const made = await scripted(t);
  const tried: string[] = [];
  const trial = ({ name }: RigState): Promise<void> => {
    tried.push(name);
    return Promise.reject(new GocliError('KUBERNETES', 'it does not work'));
  };
  const engine = { ...made.engine, kinds: [{ ...tinyKind, trial }] };
  await t.throwsAsync(check({ ...made, engine }), { message: 'it does not work' });
  t.deepEqual(tried, [`check-${engine.run}`]);
});
