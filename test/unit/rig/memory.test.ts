import test from 'ava';
import { checkMemory, parseMeminfo, readMemory } from '../../../gocli-ts/src/rig/host-memory.ts';
import { stateOf } from '../../helpers/engine.ts';

test('memory is read from the lines of /proc/meminfo', (t) => {
  const text = 'MemTotal:       24000000 kB\nMemFree:  5 kB\nMemAvailable:   12000000 kB\n';
  t.deepEqual(parseMeminfo(text), { total: 24_000_000 * 1024, available: 12_000_000 * 1024 });
  t.deepEqual(parseMeminfo(''), { total: 0, available: 0 });
});

test('a plan for more memory than there is is refused, one for more than is free a warning', async (t) => {
  const { guest } = stateOf().plan;
  t.is(await checkMemory({ ...guest, memoryMiB: 1 }), undefined);
  const { total, available } = await readMemory();
  const memoryMiB = Math.floor((total + available) / 2 / 1024 ** 2);
  t.regex((await checkMemory({ ...guest, memoryMiB })) ?? '', /may come to use .* are free/);
  await t.throwsAsync(checkMemory({ ...guest, nodes: 2, memoryMiB: 50_000_000 }), {
    code: 'NOT_ENOUGH_MEMORY',
    message: /needs 95\.4 TiB of memory \(2 x 50000000M\); .* of the host's .* are free/,
  });
  const perNode = { node02: { memoryMiB: 60_000_000 } };
  await t.throwsAsync(checkMemory({ ...guest, nodes: 2, memoryMiB: 50_000_000, perNode }), {
    message: /needs 105 TiB of memory \(50000000M \+ 60000000M\); /,
  });
});
