import { Readable } from 'node:stream';
import fc from 'fast-check';
import test from 'ava';
import type { TransferProgress } from '../../../../gocli-ts/src/place/interface.ts';
import { readProgress } from '../../../../gocli-ts/src/place/docker/progress.ts';

const none = (): void => undefined;

test('sums the layers and gives the last status', async (t) => {
  const seen: TransferProgress[] = [];
  const lines = [
    '{"status":"Pulling from a","id":"1"}',
    '{"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"x"}',
    '{"status":"Downloading","progressDetail":{"current":5,"total":50},"id":"y"}',
    '{"status":"Downloading","progressDetail":{"current":90,"total":100},"id":"x"}',
    '{"status":"Extracting","progressDetail":{},"id":"x"}',
    '{"status":"sha256:abc"}',
  ];
  const last = await readProgress(Readable.from([`${lines.join('\r\n')}\r\n`]), (progress) =>
    seen.push(progress),
  );
  t.is(last, 'sha256:abc');
  t.is(seen.length, lines.length);
  t.deepEqual(seen[3], { message: 'Downloading', bytes: 95, totalBytes: 150 });
});

test('an error line throws the words of the daemon, although all went well before', async (t) => {
  const lines = '{"status":"Pulling"}\n{"errorDetail":{"message":"it broke"},"error":"it broke"}\n';
  await t.throwsAsync(readProgress(Readable.from([lines]), none), { message: 'it broke' });
});

test('lines are found wherever the chunks are cut', async (t) => {
  const status = fc.string({ minLength: 1, unit: 'grapheme' });
  await fc.assert(
    fc.asyncProperty(
      fc.array(status, { minLength: 1 }),
      fc.integer({ min: 1, max: 20 }),
      async (words, size) => {
        const bytes = Buffer.from(words.map((word) => `${JSON.stringify({ status: word })}\n`).join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        const seen: string[] = [];
        await readProgress(Readable.from(chunks), ({ message }) => seen.push(message));
        t.deepEqual(seen, words);
      },
    ),
  );
});
