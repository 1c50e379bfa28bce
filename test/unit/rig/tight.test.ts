import test from 'ava';
import { readMemory } from '../../../gocli-ts/src/rig/host-memory.ts';
import { templateKey } from '../../../gocli-ts/src/rig/template/key.ts';
import { planRig } from '../../../gocli-ts/src/rig/make-plan.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { publishTemplate } from '../../../gocli-ts/src/frozen/templates.ts';
import { addProvider, makeEngine, requestFor, VM_FACTS } from '../../helpers/engine.ts';
import { manifestOf } from '../frozen/frozen.ts';

test('cold start instead of a thaw: less memory is free than the machines may come to use', async (t) => {
  const engine = await makeEngine(t);
  const { total, available } = await readMemory();
  const memoryBytes = Math.floor((total + available) / 2 / 1024 ** 2) * 1024 ** 2;
  const request = requestFor(addProvider(engine.docker, VM_FACTS), {
    memory: `${memoryBytes}`,
    template: 'use',
  });
  const plan = planRig(request, engine.kinds);
  const { imageId } = plan.host;
  const [key, createdAt] = [templateKey(plan, engine.kinds), engine.clock.now()];
  await publishTemplate(engine.docker, manifestOf({ imageId, key, createdAt, about: { guest: plan.guest } }));
  const { state } = await up(request, engine);
  t.is(state.template, undefined);
  t.truthy(state.readyAt);
  const said = engine.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.regex(
    said.join('\n'),
    /Starting cold: template 0123456789ab does not fit: .* of memory are needed, and .* free/,
  );
  t.regex(said.join('\n'), /The machines may come to use/);
});
