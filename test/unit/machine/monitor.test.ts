import test from 'ava';
import { Monitor } from '../../../gocli-ts/src/machine/monitor.ts';
import { socketProgram } from '../../../gocli-ts/src/machine/socket.ts';
import { MACHINE_PATH } from '../../../gocli-ts/src/machine/spec.ts';
import { fakeGuest } from './guest.ts';

const never = new AbortController().signal;
const GREETING = { QMP: { version: { qemu: { major: 10, minor: 0, micro: 13 } }, capabilities: [] } };

test('a monitor leaves capability negotiation and answers past events', async (t) => {
  const guest = await fakeGuest(({ execute }) => {
    if (execute === 'query-status') guest.far.write('{"event":"RESUME","timestamp":{}}\n');
    return { return: execute === 'query-status' ? { status: 'running' } : {} };
  }, GREETING);
  await using monitor = await Monitor.open(guest.docker, guest.container, 'node01', never);
  t.deepEqual(await monitor.execute('query-status', {}, never), { status: 'running' });
  t.deepEqual(
    guest.received.map((line) => (JSON.parse(line) as { execute: string }).execute),
    ['qmp_capabilities', 'query-status'],
  );
  t.deepEqual(guest.programs[0], socketProgram(MACHINE_PATH.qmp));
  t.is(monitor.version, '10.0.13');
});

test('what qemu refuses is an error with its own words', async (t) => {
  const guest = await fakeGuest(
    ({ execute }) =>
      execute === 'qmp_capabilities' ? { return: {} } : { error: { desc: 'unknown command' } },
    GREETING,
  );
  await using monitor = await Monitor.open(guest.docker, guest.container, 'node01', never);
  const error = await t.throwsAsync(monitor.execute('quti', {}, never), {
    code: 'REMOTE_COMMAND',
    message: /node01.*quti/,
  });
  t.like(error, { observed: '{"desc":"unknown command"}' });
});

test('qemu that ends while it is talked to is GUEST_DIED', async (t) => {
  const guest = await fakeGuest(({ execute }) => {
    if (execute === 'qmp_capabilities') return { return: {} };
    guest.far.end();
    return undefined;
  }, GREETING);
  await using monitor = await Monitor.open(guest.docker, guest.container, 'node01', never);
  await t.throwsAsync(monitor.execute('quit', {}, never), { code: 'GUEST_DIED' });
});
