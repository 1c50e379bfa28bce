import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { fileSource, streamSource } from '../../../gocli-ts/src/images/source.ts';

const never = new AbortController().signal;

async function setUp(t: ExecutionContext): Promise<{ folder: string; spool: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-source-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return { folder, spool: join(folder, 'spool') };
}

test('a file is read where it is, as often as is wanted', async (t) => {
  const { folder, spool } = await setUp(t);
  const path = join(folder, 'a.tar');
  await writeFile(path, 'content');
  await using source = await fileSource(path, spool, never);
  const texts = await Promise.all([source, source].map((one) => buffer(one.open())));
  t.deepEqual(texts.map(String), ['content', 'content']);
  await t.throwsAsync(readdir(spool), { code: 'ENOENT' }, 'nothing is copied');
});

test('a stream, a pipe and what is compressed are kept in a file that nobody sees', async (t) => {
  const { folder, spool } = await setUp(t);
  const content = Buffer.from('content'.repeat(100_000));
  await using stream = await streamSource(Readable.from([content]), 'x', spool, never);
  await using zipped = await streamSource(Readable.from([gzipSync(content)]), 'x', spool, never);
  const pipe = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const writing = writeFile(pipe, content);
  const file = join(folder, 'a.tar.gz');
  await writeFile(file, gzipSync(content));
  await using ofFile = await fileSource(file, spool, never);
  // A writer has to be there before the pipe is opened, which does not wait.
  await using piped = await fileSource(pipe, spool, never);
  t.deepEqual(await readdir(spool), []);
  for (const source of [stream, zipped, ofFile]) {
    for (const one of [source, source]) t.true(content.equals(await buffer(one.open())));
  }
  t.true(content.equals(await buffer(piped.open())));
  await writing;
});

test('what cannot be an archive is said', async (t) => {
  const { folder, spool } = await setUp(t);
  const of = async (content: Buffer | string) => {
    const path = join(folder, 'a');
    await writeFile(path, content);
    return fileSource(path, spool, never);
  };
  await t.throwsAsync(fileSource(join(folder, 'none'), spool, never), {
    code: 'FILE',
    message: /no such file/,
  });
  await t.throwsAsync(fileSource('/dev/zero', spool, never), { code: 'FILE', message: /a device/ });
  await mkdir(join(folder, 'layout'));
  await t.throwsAsync(fileSource(join(folder, 'layout'), spool, never), {
    code: 'FILE',
    message: /a folder/,
  });
  await t.throwsAsync(of(''), { code: 'BAD_ARCHIVE', message: /is empty/ });
  await t.throwsAsync(of(Buffer.from('28b52ffd00', 'hex')), { code: 'BAD_ARCHIVE', message: /zstd/ });
  await t.throwsAsync(of(gzipSync('x'.repeat(1000)).subarray(0, 20)), {
    code: 'BAD_ARCHIVE',
    message: /damaged/,
  });
  await t.throwsAsync(of(Buffer.concat([gzipSync('x'), Buffer.from('more')]).fill(7, 12)), {
    code: 'BAD_ARCHIVE',
    message: /damaged/,
  });
  // Members of a gzip stream are one content.
  const mebibyte = gzipSync(Buffer.alloc(1024 ** 2));
  await t.throwsAsync(of(Buffer.concat(Array.from({ length: 65 }, () => mebibyte))), {
    code: 'BAD_ARCHIVE',
    message: /unpacks to more than 64\.0 MiB/,
  });
  await t.throwsAsync(streamSource(Readable.from([]), 'stdin', spool, never), {
    code: 'BAD_ARCHIVE',
    message: /stdin is empty/,
  });
  t.deepEqual(await readdir(spool), []);
});

test('an interrupt ends the reading of a stream that does not end, and nothing is left', async (t) => {
  const { spool } = await setUp(t);
  const stop = new AbortController();
  const reason = new Error('stop');
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
      setImmediate(() => {
        stop.abort(reason);
      });
    },
  });
  await t.throwsAsync(streamSource(endless, 'x', spool, stop.signal), { is: reason });
  t.true(endless.destroyed);
  t.deepEqual(await readdir(spool), []);
});
