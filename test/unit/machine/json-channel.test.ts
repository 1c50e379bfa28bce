import { duplexPair, type Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { JsonChannel } from '../../../gocli-ts/src/machine/json-channel.ts';
import { jsonPeer, replyTo } from '../../fakes/json-peer.ts';

const never = new AbortController().signal;
const any = (): boolean => true;

function setUp(): { channel: JsonChannel; near: Duplex; far: Duplex } {
  const [near, far] = duplexPair();
  return { channel: new JsonChannel(near, 'the monitor of node01'), near, far };
}

test('a message that comes in pieces is one message, several in one piece are several', async (t) => {
  const { channel, far } = setUp();
  far.write('{"a":');
  far.write('1}\r\n{"b":2}\n{"c":3}\n');
  t.deepEqual(await channel.receive(any, never), { a: 1 });
  t.deepEqual(await channel.receive(({ c }) => c === 3, never), { c: 3 });
});

test('what is no JSON object is passed over, and so is the mark of a resynchronised agent', async (t) => {
  const { channel, far } = setUp();
  far.write(
    Buffer.concat([Buffer.from('rubbish\n[\n17\n\n'), Buffer.from([0xff]), Buffer.from('{"return":5}\n')]),
  );
  t.deepEqual(await channel.receive(any, never), { return: 5 });
});

test('what is sent is one line, behind its prefix as a single byte', async (t) => {
  const { channel, far } = setUp();
  channel.send({ execute: 'x', text: 'a\nb' }, '\u00ff');
  await new Promise((resolve) => far.once('readable', resolve));
  const sent = far.read() as Buffer;
  t.is(sent[0], 0xff);
  t.is(sent.subarray(1).toString('utf8'), '{"execute":"x","text":"a\\nb"}\n');
});

test('when the socket closes, a receiver hears of it, whichever way it closed', async (t) => {
  const ends: ((sides: { near: Duplex; far: Duplex }) => void)[] = [
    ({ far }) => far.end(),
    ({ near }) => near.destroy(),
    ({ near }) => near.destroy(new Error('reset')),
  ];
  for (const end of ends) {
    const { channel, near, far } = setUp();
    const receiving = channel.receive(any, never);
    end({ near, far });
    await t.throwsAsync(receiving, { code: 'GUEST_DIED', message: /the monitor of node01/ });
    await t.throwsAsync(channel.receive(any, never), { code: 'GUEST_DIED' });
  }
});

test('what came before the end is still received', async (t) => {
  const { channel, far } = setUp();
  far.end('{"a":1}\n');
  t.deepEqual(await channel.receive(any, never), { a: 1 });
});

test('an abort ends the wait with its reason', async (t) => {
  const { channel } = setUp();
  const stop = new AbortController();
  const reason = new Error('stop');
  const receiving = channel.receive(any, stop.signal);
  stop.abort(reason);
  await t.throwsAsync(receiving, { is: reason });
});

/** A peer that is told when to answer. */
function setUpRequests(): { channel: JsonChannel; answer: (at: number, reply: object) => void } {
  const held: Record<string, unknown>[] = [];
  const { near, far } = jsonPeer((request) => {
    held.push(request);
    return undefined;
  });
  return {
    channel: new JsonChannel(near, 'the monitor of node01'),
    answer: (at, reply) => far.write(`${JSON.stringify(replyTo(held[at] ?? {}, reply))}\n`),
  };
}

test('the answer to a command that was given up is never taken for the next one', async (t) => {
  for (const late of [{ return: { status: 'stale' } }, { error: { desc: 'stale' } }]) {
    const { channel, answer } = setUpRequests();
    const stop = new AbortController();
    const first = channel.request('qemu', 'query-migrate', {}, stop.signal);
    await delay(10);
    stop.abort(new Error('stop'));
    await t.throwsAsync(first, { message: 'stop' });
    const second = channel.request('qemu', 'cont', {}, never);
    await delay(10);
    answer(0, late);
    answer(1, { return: 'fresh' });
    t.is(await second, 'fresh');
  }
});

test('what answers nobody, an event or an error of the line itself, is passed over', async (t) => {
  const { near, far } = jsonPeer(() => {
    far.write(
      '{"event":"STOP"}\n{"error":{"class":"GenericError","desc":"JSON parse error"}}\n{"return":{}}\n',
    );
    return { return: 7 };
  });
  t.is(await new JsonChannel(near, 'the agent').request('the agent', 'guest-ping', {}, never), 7);
});
