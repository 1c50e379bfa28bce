import test from 'ava';
import fc from 'fast-check';
import { bestCpu, richestModel } from '../../../gocli-ts/src/machine/cpu-models.ts';
import { Monitor } from '../../../gocli-ts/src/machine/monitor.ts';
import { fakeGuest } from './guest.ts';

const never = new AbortController().signal;
const GREETING = { QMP: { version: { qemu: { major: 10, minor: 0, micro: 13 } } } };

/** Models by name: the features they have, and those that the host lacks. */
type Models = Readonly<
  Record<string, { readonly features: number; readonly missing?: readonly string[]; readonly lm?: false }>
>;

async function choose(models: Models, deprecated: readonly string[] = []) {
  const guest = await fakeGuest(({ execute, arguments: given }) => {
    const { model } = (given ?? {}) as { model?: { name: string } };
    switch (execute) {
      case 'query-cpu-definitions':
        return {
          return: Object.entries(models).map(([name, { missing }]) => ({
            name,
            deprecated: deprecated.includes(name),
            'unavailable-features': missing ?? [],
          })),
        };
      case 'query-cpu-model-expansion': {
        const count = models[model?.name ?? '']?.features ?? 0;
        const on = Array.from({ length: count }, (_, at): [string, boolean] => [`f${at}`, true]);
        const { lm = true } = models[model?.name ?? ''] ?? {};
        return { return: { model: { props: { ...Object.fromEntries(on), lm, off: false, level: 7 } } } };
      }
      case 'query-cpus-fast':
        return { return: [{ 'qom-path': '/machine/unattached/device[0]' }] };
      case 'qom-get':
        return { return: 2_400_000_000 };
      default:
        return { return: {} };
    }
  }, GREETING);
  await using monitor = await Monitor.open(guest.docker, guest.container, 'node01', never);
  return await bestCpu(monitor, never);
}

test('the richest versioned model that the host can run is taken, and enforced', async (t) => {
  const models = {
    host: { features: 99 },
    EPYC: { features: 50 },
    'EPYC-v1': { features: 50 },
    'EPYC-v4': { features: 60, missing: ['xsaves'] },
    'EPYC-v3': { features: 55 },
    'Nehalem-v1': { features: 30 },
    'Old-v1': { features: 70 },
  };
  t.deepEqual(await choose(models, ['Old-v1']), { model: 'EPYC-v3,enforce', tscHz: 2.4e9 });
});

test('where no named model runs it is the host', async (t) => {
  const models = { host: { features: 9 }, 'EPYC-v1': { features: 5, missing: ['svm'] } };
  const small = { 'pentium3-v1': { features: 5, lm: false as const } };
  t.like(await choose({ ...models, ...small }), { model: 'host,migratable=on' });
});

test('of equal models the newest version is taken, in whatever order qemu names them', (t) => {
  const models = ['EPYC-v2', 'EPYC-v10', 'EPYC-v9'].map((name) => ({ name, features: 7 }));
  fc.assert(
    fc.property(fc.shuffledSubarray(models, { minLength: 3 }), (shuffled) => {
      t.is(richestModel(shuffled), 'EPYC-v10');
    }),
  );
  t.is(richestModel([]), undefined);
});
