import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import test from 'ava';
import { taken } from '../../../gocli-ts/src/shared/taken.ts';

test('what a slow stream still holds is waited for, and the stream is still open', async (t) => {
  let text = '';
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      setTimeout(() => {
        text += chunk.toString();
        done();
      }, 20);
    },
  });
  await pipeline(Readable.from([Buffer.from('one'), Buffer.from('two')]), slow, { end: false });
  t.not(text, 'onetwo');
  await taken(slow);
  t.is(text, 'onetwo');
  t.true(slow.writable);
});

test('a stream that fails with its last piece is told', async (t) => {
  const full = new Writable({
    write(_chunk, _encoding, done) {
      setTimeout(() => {
        done(new Error('the disk is full'));
      }, 20);
    },
  });
  full.on('error', () => undefined);
  full.write('one');
  await t.throwsAsync(taken(full), { message: 'the disk is full' });
  await t.notThrowsAsync(taken(full), 'it is closed now');
});

test('a stream that takes nothing is waited for until the signal', async (t) => {
  const stuck = new Writable({ write: () => undefined });
  stuck.write('one');
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort(new Error('enough'));
  }, 20);
  await t.throwsAsync(taken(stuck, stop.signal), { message: 'enough' });
  await t.throwsAsync(taken(stuck, stop.signal), { message: 'enough' });
});

test('a stream that is closed while a piece is under way is not waited for', async (t) => {
  const stuck = new Writable({ write: () => undefined });
  stuck.write('one');
  setTimeout(() => stuck.destroy(), 20);
  await t.notThrowsAsync(taken(stuck, AbortSignal.timeout(5000)));
});

test('one that holds nothing, or passes it on, is not written to', async (t) => {
  const capture = new Writable({ write: () => undefined });
  capture.write = () => true;
  await t.notThrowsAsync(taken(capture, AbortSignal.timeout(5000)));
  const through = new PassThrough({ highWaterMark: 4 });
  through.write('more than four');
  await t.notThrowsAsync(taken(through, AbortSignal.timeout(5000)));
});
