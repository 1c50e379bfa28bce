import test from 'ava';
import fc from 'fast-check';
import { howManyFit, isRoomFor, memoryOf, reserved } from '../../../../gocli-ts/src/rig/pool/budget.ts';
import { LABEL } from '../../../../gocli-ts/src/place/labels.ts';
import { FakeDocker } from '../../../fakes/docker.ts';

const GIB = 1024 ** 3;

test('the last one is made with all of its memory free, beside those that stand ready', (t) => {
  t.is(howManyFit({ total: 2 * GIB, wanted: 3 * GIB, measured: undefined }), 0);
  t.is(howManyFit({ total: 4 * GIB, wanted: 3 * GIB, measured: undefined }), 1);
  t.is(howManyFit({ total: 10 * GIB, wanted: 3 * GIB, measured: undefined }), 5);
  t.is(howManyFit({ total: 10 * GIB, wanted: 3 * GIB, measured: GIB }), 7);
});

test('as many as are said to fit leave the reserve alone', (t) => {
  const size = fc.integer({ min: 1, max: 64 * GIB });
  fc.assert(
    fc.property(size, size, size, (total, wanted, measured) => {
      const count = howManyFit({ total, wanted, measured });
      if (count > 0) t.true((count - 1) * measured + wanted <= total - reserved(total));
      t.true(count * measured + wanted > total - reserved(total) || wanted > total - reserved(total));
    }),
  );
});

test('there is room for one more when all of its memory and the reserve are free', (t) => {
  t.true(isRoomFor(3 * GIB, { total: 10 * GIB, available: 4 * GIB }));
  t.false(isRoomFor(3 * GIB, { total: 10 * GIB, available: 3.9 * GIB }));
});

test('memory is what all machines say; of none that answers it is not known', async (t) => {
  const docker = new FakeDocker();
  docker.addImage('image');
  const isolated = { network: 'none', capabilities: [], noNewPrivileges: true };
  for (const node of ['node01', 'node02']) {
    const labels = { [LABEL.node]: node };
    const id = await docker.containers.create({ name: node, image: 'image', labels, ...isolated });
    await docker.containers.start(id);
  }
  const containers = await docker.containers.list({});
  t.is(await memoryOf({ containers }, docker), undefined);
  docker.onExec((_argv, { name }) => ({ stdout: name === 'node01' ? '1000\n' : '1048\n' }));
  t.is(await memoryOf({ containers }, docker), 2048 * 1024);
  docker.onExec((_argv, { name }) => (name === 'node01' ? { stdout: '1\n' } : new Error('no')));
  t.is(await memoryOf({ containers }, docker), undefined);
  docker.onExec(() => new Error('no'));
  t.is(await memoryOf({ containers }, docker), undefined);
  const answers = [new Error('busy'), { stdout: '' }, { stdout: '7\n' }];
  docker.onExec(() => answers.shift() ?? new Error('asked too often'));
  t.is(await memoryOf({ containers: containers.slice(0, 1) }, docker), 7 * 1024);
});
