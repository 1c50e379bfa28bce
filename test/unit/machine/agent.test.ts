import test from 'ava';
import { Agent } from '../../../gocli-ts/src/machine/agent.ts';
import { socketProgram } from '../../../gocli-ts/src/machine/socket.ts';
import { MACHINE_PATH } from '../../../gocli-ts/src/machine/spec.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { fakeGuest } from './guest.ts';

const never = new AbortController().signal;

function answer({ execute, arguments: argument }: Record<string, unknown>): unknown {
  if (execute === 'guest-sync-delimited') return { return: (argument as { id: number }).id };
  if (execute === 'guest-get-time') return { return: 1234 };
  return execute === 'guest-shutdown'
    ? undefined
    : { error: { class: 'CommandNotFound', desc: 'no such command' } };
}

test('an agent is synchronised behind the byte that drops what others left half-sent', async (t) => {
  const guest = await fakeGuest(answer);
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  t.true(guest.received[0]?.startsWith('\ufffd'));
  t.deepEqual(guest.programs[0], socketProgram(MACHINE_PATH.agent));
  t.is(await agent.execute('guest-get-time', {}, never), 1234);
});

test('an agent that starts late is asked again, and its late answers are not taken for others', async (t) => {
  const requests: unknown[] = [];
  const guest = await fakeGuest((request) => {
    requests.push(request);
    if (requests.length === 1) return undefined;
    // The first question is answered late, just before the second one.
    if (requests.length === 2)
      guest.far.write(`${JSON.stringify(answer(requests[0] as Record<string, unknown>))}\n`);
    return answer(request);
  });
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  t.is(requests.length, 2);
  t.is(await agent.execute('guest-get-time', {}, never), 1234);
});

test('what the agent refuses is an error with its own words', async (t) => {
  const guest = await fakeGuest(answer);
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  const error = await t.throwsAsync(agent.execute('guest-x', {}, never), {
    code: 'REMOTE_COMMAND',
    message: /node01.*guest-x/,
  });
  t.like(error, { observed: '{"class":"CommandNotFound","desc":"no such command"}' });
});

test('a clock is compared with the middle between question and answer', async (t) => {
  const clock = new FakeClock();
  const guest = await fakeGuest((request) => {
    if (request['execute'] !== 'guest-get-time') return answer(request);
    clock.advance(200);
    const time = (clock.now() - 100 - 86_400_000) * 1_000_000;
    clock.advance(200);
    return { return: time };
  });
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  t.is(Math.round(await agent.clockOffset(clock, never)), -86_400_100);
});

test('a shutdown waits for no answer', async (t) => {
  const guest = await fakeGuest(answer);
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  agent.shutdown();
  await agent.execute('guest-get-time', {}, never);
  t.regex(guest.received[1] ?? '', /"guest-shutdown".*"powerdown"/);
});

test('a socket that closes while the agent is waited for is GUEST_DIED, an abort its reason', async (t) => {
  const closing = await fakeGuest(() => undefined);
  setTimeout(() => closing.far.end(), 20);
  await t.throwsAsync(Agent.open(closing.docker, closing.container, 'node01', never), { code: 'GUEST_DIED' });
  const silent = await fakeGuest(() => undefined);
  const stop = new AbortController();
  const reason = new Error('stop');
  setTimeout(() => {
    stop.abort(reason);
  }, 20);
  await t.throwsAsync(Agent.open(silent.docker, silent.container, 'node01', stop.signal), { is: reason });
});

test('a program of the guest is run to its end, with its output and exit code', async (t) => {
  const asked: unknown[] = [];
  let looks = 0;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const guest = await fakeGuest((request) => {
    asked.push(request['arguments']);
    if (request['execute'] === 'guest-exec') return { return: { pid: 7 } };
    if (request['execute'] !== 'guest-exec-status') return answer(request);
    looks += 1;
    const ended = { exited: true, exitcode: 3, 'out-data': base64('out\n'), 'err-data': base64('é') };
    return { return: looks < 3 ? { exited: false } : looks < 4 ? ended : { exited: true, signal: 9 } };
  });
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  const clock = new FakeClock();
  const argv = ['/bin/sh', '-c', 'exit 3'];
  t.deepEqual(await agent.run(argv, clock, never, 'in'), { exitCode: 3, stdout: 'out\n', stderr: 'é' });
  const program = {
    path: '/bin/sh',
    arg: ['-c', 'exit 3'],
    'capture-output': true,
    'input-data': base64('in'),
  };
  t.deepEqual(asked[1], program);
  t.deepEqual(await agent.run(argv, clock, never), { exitCode: 137, stdout: '', stderr: '' });
});

/** A guest without hwclock in which the clock is so far off each time that it was set. @returns how often it was */
async function setIn(offsetsMs: readonly number[]): Promise<number> {
  const clock = new FakeClock();
  let set = 0;
  const guest = await fakeGuest((request) => {
    if (request['execute'] === 'guest-set-time') set += 1;
    if (request['execute'] !== 'guest-get-time') return answer(request);
    return { return: (clock.now() + (offsetsMs[set - 1] ?? 0)) * 1_000_000 };
  });
  await using agent = await Agent.open(guest.docker, guest.container, 'node01', never);
  await agent.setClock(clock, never);
  return set;
}

test('a clock that somebody else sets at the same time is set again, and one that stays wrong is told', async (t) => {
  t.is(await setIn([10]), 1);
  t.is(await setIn([-240_000, 3]), 2);
  const error = await t.throwsAsync(setIn([60_000, 60_000, -61_500]), { code: 'REMOTE_COMMAND' });
  t.like(error, { observed: "it is -61.5 s ahead of the host's" });
});
