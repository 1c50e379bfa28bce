import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import test from 'ava';
import { attach } from '../../../gocli-ts/src/cli/attach.ts';

/** A terminal and the line it is attached to; what arrives at either is kept. */
function setUp() {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => modes.push(on),
  });
  const stdout = new PassThrough();
  const sent: Buffer[] = [];
  const line = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk);
      done();
    },
  });
  const stop = new AbortController();
  const attached = attach(line, { stdin, stdout, signal: stop.signal });
  return { modes, stdin, stdout, line, stop, attached, sent: () => Buffer.concat(sent).toString() };
}

test('keys go to the line as they are, Ctrl-C too, and Ctrl-] leaves behind what was typed before it', async (t) => {
  const { modes, stdin, stdout, line, attached, sent } = setUp();
  stdin.write('ls\r\x03');
  line.push('login: ');
  await once(stdout, 'readable');
  stdin.write('\x1b[Ab\x1dnever');
  t.is(await attached, 'user');
  t.is(sent(), '\rls\r\x03\x1b[Ab');
  t.is(String(stdout.read()), 'login: ');
  t.deepEqual(modes, [true, false]);
  t.true(line.destroyed);
  t.true(stdin.isPaused());
});

test('the end of the line ends it, and a failing line is an error; the terminal is as it was', async (t) => {
  const ended = setUp();
  ended.line.push(null);
  t.is(await ended.attached, 'line');
  const failed = setUp();
  failed.line.destroy(new Error('it broke'));
  await t.throwsAsync(failed.attached, { message: 'it broke' });
  for (const { modes } of [ended, failed]) t.deepEqual(modes, [true, false]);
});

test('a signal ends it, also one that came before', async (t) => {
  const { modes, stop, attached } = setUp();
  stop.abort(new Error('interrupted'));
  await t.throwsAsync(attached, { message: 'interrupted' });
  t.deepEqual(modes, [true, false]);
  const { stdin, stdout, line } = setUp();
  const before = attach(line, { stdin, stdout, signal: AbortSignal.abort(new Error('early')) });
  await t.throwsAsync(before, { message: 'early' });
});
