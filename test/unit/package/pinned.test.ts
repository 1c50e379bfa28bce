import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { CHECKOUT } from '../../helpers/cli.ts';

const names = z.record(z.string(), z.string());
const manifestSchema = z.object({ dependencies: names, devDependencies: names });
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ bin: names.optional() })) });

const read = (file: string): Promise<string> => readFile(join(CHECKOUT, file), 'utf8');

/** What recipes call that comes from the shell or the machine. */
const OF_MACHINE = ['awk', 'echo', 'else', 'for', 'if', 'ln', 'mkdir', 'node', 'npm', 'rm'];

/** Where programs of packages are called, and how that is seen: a group of each pattern is a program. */
const CALLS: Readonly<Record<string, readonly RegExp[]>> = {
  // The first word of a line of a recipe.
  Makefile: [/^\t@?([a-z][\w-]*)(?: |$)/gm],
  // What covers the others, and what those are.
  '.ci/tier': [/cover=\(([\w-]+)/g, /\b(ava) --config/g],
  'cluster-up/bootstrap.sh': [/node_modules\/([\w-]+)\/bin\//g, /\b(npx) /g],
  'test/unit/house/house.test.ts': [/'\.bin', '([\w-]+)'/g],
};

/** Packages that have a program, by the program. */
async function owners(): Promise<Map<string, string>> {
  const { packages } = lockSchema.parse(JSON.parse(await read('package-lock.json')));
  return new Map(
    Object.entries(packages).flatMap(([folder, { bin = {} }]) =>
      Object.keys(bin).map((name) => [name, folder.replace('node_modules/', '')] as const),
    ),
  );
}

test('every program of a package that the build and the checks call is pinned in package.json', async (t) => {
  const { dependencies, devDependencies } = manifestSchema.parse(JSON.parse(await read('package.json')));
  const pinned = { ...dependencies, ...devDependencies };
  const ownerOf = await owners();
  const called = new Set<string>();
  for (const [file, patterns] of Object.entries(CALLS)) {
    const text = await read(file);
    const found = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name));
    t.true(found.length > 0, `no call is seen in ${file}`);
    for (const name of found) if (!OF_MACHINE.includes(name)) called.add(name);
  }
  for (const name of ['eslint', 'depcruise', 'knip', 'prettier', 'ava', 'c8', 'typescript'])
    t.true(called.has(name), `${name} is called, which this test has to see`);
  for (const name of called) {
    const owner = ownerOf.get(name) ?? name;
    t.regex(pinned[owner] ?? 'not there', /^\d+\.\d+\.\d+$/, `${name}, a program of ${owner}`);
  }
});
