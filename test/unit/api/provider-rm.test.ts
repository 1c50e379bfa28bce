import test from 'ava';
import { removal } from '../../../gocli-ts/src/api/provider-rm.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { removeRig } from '../../../gocli-ts/src/rig/remove.ts';
import { FakeHost } from '../../fakes/host.ts';
import { keep, pushed } from '../../helpers/keeping.ts';

test('a kept registry is named as what needs the image, and how to remove it', async (t) => {
  const saving = await pushed(t);
  const { engine } = saving;
  const { docker } = engine;
  const context = { ...engine, host: new FakeHost(), env: {}, cwd: '/', checkout: '/' };
  const [image] = await docker.images.list({});
  if (image === undefined) return t.fail('no image');
  docker.imageStore.set(image.id, { ...image, labels: { ...image.labels, [LABEL.provider]: 'vm-1' } });
  await keep(saving);
  const error = await t.throwsAsync<GocliError>(removal({ name: 'vm-1' }, context), { code: 'CONFLICT' });
  t.is(error.message, 'vm-1 is in use by what is kept of the registry of c');
  t.regex(error.hint ?? '', /^What is kept goes with: gocli rm (--name )?c$/);
  await removeRig('c', engine);
  t.is((await removal({ name: 'vm-1' }, context)).images.length, 1);
});
