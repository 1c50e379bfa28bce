import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { nodeEnd } from '../../../../gocli-ts/src/rig/copy/end.ts';
import { expand, remote } from '../../../../gocli-ts/src/rig/copy/remote.ts';
import { textOf } from '../../../../gocli-ts/src/shared/raw-names.ts';
import { bench, download, upload } from '../../../helpers/copy-bench.ts';

const never = new AbortController().signal;
const NAMES = [
  [0x61, 0xff],
  [0xe2, 0x82],
  [0x62, 0x0a, 0xc3, 0x28, 0x25, 0x27],
].map((one) => Buffer.from(one));

function within(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name]);
}

test.serial('a name that is no UTF-8 is found by a pattern, and copied in both directions', async (t) => {
  const { ends, here, there } = await bench(t);
  await mkdir(join(there, 'from'));
  for (const name of NAMES) await writeFile(within(join(there, 'from'), name), name);
  const found = await expand(ends, join(there, 'from', '*'), never);
  t.is(found.length, NAMES.length);
  for (const path of found) {
    await download(ends, path, here);
    const printed = new PassThrough();
    await download(ends, path, printed);
    printed.end();
    t.not(await text(printed), '');
  }
  await mkdir(join(there, 'to'));
  for (const name of NAMES) {
    t.deepEqual(await readFile(within(here, name)), name);
    await upload(ends, textOf(within(here, name)), join(there, 'to'));
    t.deepEqual(await readFile(within(join(there, 'to'), name)), name);
  }
  t.is((await readdir(here)).length, NAMES.length);
  const absent = await t.throwsAsync(download(ends, textOf(within(there, Buffer.from([0xfe]))), here));
  t.true(isCode(absent, 'NOT_FOUND'));
});

test.serial('a link of such a name is written through, in a folder', async (t) => {
  const { ends, here, there } = await bench(t);
  const [name = Buffer.alloc(0)] = NAMES;
  await mkdir(join(here, 'app'));
  await mkdir(join(there, 'app'));
  for (const one of [name, Buffer.from('a\nb')]) {
    await writeFile(within(join(here, 'app'), one), 'new');
    await symlink('../real', within(join(there, 'app'), one));
  }
  await upload(ends, join(here, 'app'), there);
  t.is(await readFile(join(there, 'real'), 'utf8'), 'new');
});

test.serial('paths on a node begin in the home folder, or in that of a user', async (t) => {
  const { ends } = await bench(t);
  const end = nodeEnd(ends.connection);
  const { username } = userInfo();
  const home = userInfo().homedir;
  t.is(home, homedir());
  for (const [path, meant] of [
    ['~', './'],
    ['~/', './'],
    ['~/a/', './a/'],
    ['~//a', './a'],
    ['.', './.'],
    ['..', './..'],
    ['a/..', './a/..'],
    ['./~root', './.\u002f~root'],
    ['/~root', '/~root'],
    ['~*', './~*'],
    [`~${username}`, home],
    [`~${username}/`, `${home}/`],
    [`~${username}/a b/*.log`, `${home}/a b/*.log`],
  ] as const)
    t.is(await remote(end, path, never), meant, path);
  const error = await t.throwsAsync(remote(end, '~nobody.such/a', never));
  t.true(isCode(error, 'NOT_FOUND') && /no user nobody\.such on the node/.test(error.message));
});
