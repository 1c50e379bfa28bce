import { readFile } from 'node:fs/promises';
import test from 'ava';
import { generatedPages } from '../../docs/pages.ts';

test('the generated pages are current', async (t) => {
  for (const [path, text] of Object.entries(await generatedPages())) {
    // Not t.is: its difference of two pages is longer than the pages.
    t.true((await readFile(path, 'utf8')) === text, `${path} is stale: make docs`);
  }
});
