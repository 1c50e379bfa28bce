import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { filesInput, PUT_FILES } from '../../../gocli-ts/src/kubernetes/guest-files.ts';

test('the script writes every text, whatever is in it, and makes the folders', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), async (texts) => {
      const folder = await mkdtemp(join(tmpdir(), 'gocli-files-'));
      try {
        const path = (at: number): string => join(folder, `${at}`, 'file.conf');
        const files = Object.fromEntries(texts.map((text, at) => [path(at), text]));
        await execa('sh', ['-c', PUT_FILES], { input: filesInput(files) });
        for (const [at, text] of texts.entries()) {
          t.deepEqual(await readFile(path(at)), Buffer.from(text));
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 20 },
  );
  t.pass();
});
