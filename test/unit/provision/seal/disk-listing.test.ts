import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  listCommands,
  listDisk,
  requireWhole,
} from '../../../../gocli-ts/src/provision/seal/disk-listing.ts';
import { temporaryFolder } from '../_bench.ts';

/** What debugfs 1.47 answers for each folder of a disk. */
const ANSWERS: Readonly<Record<number, string>> = {
  2: [
    '/2/040755/0/0/.//',
    '/2/040755/0/0/..//',
    '/12/040755/0/0/a "b//',
    '/14/100644/0/0/f1/5/',
    '/14/100644/0/0/hard/5/',
    '/19/120777/0/0/link/2/',
    '/20/020644/0/0/null/0/',
    '/0/000000/0/0//0/',
  ].join('\n'),
  12: ['/12/040755/0/0/.//', '/2/040755/0/0/..//', '/15/100600/107/107/q/4294967296/'].join('\n'),
};

const debugfs =
  (answers: Readonly<Record<number, string>>) =>
  (inodes: readonly number[]): Promise<string> => {
    const commands = listCommands(inodes).trimEnd().split('\n');
    return Promise.resolve(
      commands.map((line, at) => `debugfs: ${line}\n${answers[inodes[at] ?? 0] ?? ''}\n\n`).join(''),
    );
  };

/** The same files as the disk has. */
async function extracted(t: ExecutionContext): Promise<string> {
  const tree = await temporaryFolder(t);
  await mkdir(join(tree, 'a'));
  await writeFile(join(tree, 'a/q'), '1234');
  await writeFile(join(tree, 'f'), '12345');
  await symlink('f', join(tree, 'link'));
  return tree;
}

const FILES = [
  { path: '/a/q', size: 4 },
  { path: '/f', size: 5 },
];

test('regular files of all folders are listed, by whatever name', async (t) => {
  const files = await listDisk(debugfs(ANSWERS));
  t.deepEqual(files, [
    { path: '/f1', size: 5 },
    { path: '/hard', size: 5 },
    { path: '/a "b/q', size: 2 ** 32 },
  ]);
});

test('a folder without an answer, and a line that is none, are errors', async (t) => {
  await t.throwsAsync(listDisk(debugfs({ ...ANSWERS, 12: '' })), { code: 'SEAL', message: /\/a "b\// });
  const odd = `${ANSWERS[12] ?? ''}\n/16/100644/0/0/two\nlines/5/`;
  await t.throwsAsync(listDisk(debugfs({ ...ANSWERS, 12: odd })), { code: 'SEAL', message: /two/ });
});

test('what a full disk left out or cut off was not searched', async (t) => {
  const tree = await extracted(t);
  await t.notThrowsAsync(requireWhole(tree, FILES));
  await writeFile(join(tree, 'f'), '123');
  const short = await t.throwsAsync(requireWhole(tree, FILES), { code: 'SEAL', message: /1 of 2 files/ });
  t.like(short, { observed: '/f' });
  const more = [...FILES, { path: '/gone', size: 0 }, { path: '/link', size: 1 }];
  await t.throwsAsync(requireWhole(tree, more), { message: /3 of 4 files/ });
});
