import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { localHost } from '../../../../gocli-ts/src/host/exec.ts';
import { bench, download, unprivileged, upload, WAYS } from '../../../helpers/copy-bench.ts';

const THEN = new Date('2020-01-02T03:04:05Z');
const isRoot = process.getuid?.() === 0;

for (const [name, copy, ends] of WAYS) {
  test.serial(`${name}: a file that is there is written to, alone and in a folder`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app'));
    await mkdir(join(target, 'app'));
    for (const file of ['file', 'app/file', 'app/other']) {
      await writeFile(join(source, file), 'new');
      await chmod(join(source, file), 0o640);
      await utimes(join(source, file), THEN, THEN);
      await writeFile(join(target, file), 'old, and longer');
      await link(join(target, file), join(target, `${file}.linked`));
      if (isRoot) await chown(join(target, file), 65534, 65534);
    }
    const before = await stat(join(target, 'file'));
    await copy(folders.ends, join(source, 'file'), target);
    await copy(folders.ends, join(source, 'app'), target);
    for (const file of ['file', 'app/file', 'app/other']) {
      const about = await stat(join(target, file));
      const isAlone = file === 'file';
      t.is(await readFile(join(target, file), 'utf8'), 'new', file);
      // In a folder there may be many, each of which would be a copy for itself.
      t.is(await readFile(join(target, `${file}.linked`), 'utf8'), isAlone ? 'new' : 'old, and longer', file);
      t.is(about.mode & 0o7777, 0o640);
      t.is(about.mtime.getTime(), THEN.getTime());
      if (isAlone) t.is(about.uid, before.uid);
    }
    await writeFile(join(source, 'file'), '');
    await copy(folders.ends, join(source, 'file'), target);
    t.is(await readFile(join(target, 'file.linked'), 'utf8'), '');
    const gone = await t.throwsAsync(copy(folders.ends, join(source, 'absent'), join(target, 'app', 'file')));
    t.true(isCode(gone, 'NOT_FOUND'));
    t.is(await readFile(join(target, 'app', 'file'), 'utf8'), 'new');
  });

  test.serial(`${name}: what is ended half way leaves the file that was there`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await writeFile(join(source, 'file'), Buffer.alloc(64 * 1024 * 1024, 'x'));
    await writeFile(join(target, 'file'), 'precious');
    const abort = new AbortController();
    const copying = copy(folders.ends, join(source, 'file'), target, abort.signal);
    setTimeout(() => {
      abort.abort(new Error('enough'));
    }, 30);
    const ended = await copying.then(
      () => true,
      () => false,
    );
    const { size } = await stat(join(target, 'file'));
    t.is(size, ended ? 64 * 1024 * 1024 : 'precious'.length);
    t.deepEqual(await readdir(target), ['file']);
    if (!ended) await copy(folders.ends, join(source, 'file'), target);
    t.is((await stat(join(target, 'file'))).size, 64 * 1024 * 1024);
  });

  (isRoot ? test.serial : test.serial.skip)(
    `${name}: a full disk costs nothing of what was there`,
    async (t) => {
      const folders = await bench(t);
      const [source] = ends(folders);
      const disk = await mkdtemp(join(tmpdir(), 'gocli-mount-'));
      await writeFile(join(source, 'file'), Buffer.alloc(4 * 1024 * 1024, 'x'));
      try {
        // Room for the file, and for nothing beside it; then for what lies beside it, but not for its content.
        for (const limit of ['nr_inodes=2', 'size=1m']) {
          execFileSync('mount', ['-t', 'tmpfs', '-o', limit, 'tmpfs', disk], { stdio: 'ignore' });
          try {
            await writeFile(join(disk, 'file'), 'precious');
            await t.throwsAsync(copy(folders.ends, join(source, 'file'), disk));
            t.is(await readFile(join(disk, 'file'), 'utf8'), 'precious', limit);
            t.deepEqual(await readdir(disk), ['file']);
          } finally {
            execFileSync('umount', [disk]);
          }
        }
      } finally {
        execFileSync('rmdir', [disk]);
      }
    },
  );

  test.serial(`${name}: a backslash in a name is one, whatever lies beside it`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    for (const folder of ['x\\ny', 'a\\101', 'aA']) {
      await mkdir(join(source, folder));
      await mkdir(join(target, folder));
      for (const file of ['f', 'a\\101', 'aA']) {
        await writeFile(join(source, folder, file), `${folder}/${file}`);
        await writeFile(join(target, folder, file), 'old');
      }
    }
    await copy(folders.ends, join(source, 'a\\101'), target);
    await copy(folders.ends, join(source, 'x\\ny', 'a\\101'), join(target, 'x\\ny'));
    const read = (folder: string, file: string): Promise<string> =>
      readFile(join(target, folder, file), 'utf8');
    t.is(await read('a\\101', 'f'), 'a\\101/f');
    t.is(await read('a\\101', 'a\\101'), 'a\\101/a\\101');
    t.is(await read('aA', 'f'), 'old');
    t.is(await read('x\\ny', 'a\\101'), 'x\\ny/a\\101');
    t.is(await read('x\\ny', 'aA'), 'old');
  });

  test.serial(`${name}: what may only be read is copied a second time`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app'));
    for (const folder of [source, target]) await chmod(folder, 0o777);
    await chmod(join(source, '..'), 0o755);
    const asNobody = { ...folders.ends, host: unprivileged(folders.ends.host) };
    for (const text of ['first', 'second']) {
      for (const file of ['file', 'app/file']) {
        await writeFile(join(source, file), text);
        await chmod(join(source, file), 0o444);
      }
      await copy(asNobody, join(source, 'file'), target);
      await copy(asNobody, join(source, 'app'), target);
      for (const file of ['file', 'app/file']) t.is(await readFile(join(target, file), 'utf8'), text, file);
    }
  });

  test.serial(`${name}: a file of the kernel is written to, alone and in a folder`, async (t) => {
    const folders = await bench(t);
    const [source] = ends(folders);
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const target = `/proc/${child.pid ?? 0}`;
    await writeFile(join(source, 'oom_score_adj'), '900');
    await copy(folders.ends, join(source, 'oom_score_adj'), join(target, 'oom_score_adj'));
    t.is(await readFile(join(target, 'oom_score_adj'), 'utf8'), '900\n');
    await writeFile(join(source, 'oom_score_adj'), '950');
    await copy(folders.ends, `${source}/.`, target);
    t.is(await readFile(join(target, 'oom_score_adj'), 'utf8'), '950\n');
    child.kill();
    await once(child, 'exit');
  });

  test.serial(`${name}: a program that runs is replaced`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await copyFile('/bin/sleep', join(target, 'program'));
    const child = spawn(join(target, 'program'), ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    await writeFile(join(source, 'program'), 'new');
    await copy(folders.ends, join(source, 'program'), target);
    t.is(await readFile(join(target, 'program'), 'utf8'), 'new');
    await copyFile('/bin/sleep', join(target, 'linked'));
    await link(join(target, 'linked'), join(target, 'other name'));
    const linked = spawn(join(target, 'linked'), ['60'], { stdio: 'ignore' });
    await once(linked, 'spawn');
    await writeFile(join(source, 'linked'), 'new');
    await copy(folders.ends, join(source, 'linked'), target);
    t.is(await readFile(join(target, 'linked'), 'utf8'), 'new');
    for (const one of [child, linked]) {
      one.kill();
      await once(one, 'exit');
    }
  });

  (isRoot ? test.serial : test.serial.skip)(`${name}: a file that is mounted is written to`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    // A blank in the path of a mount stands as \040.
    const plain = await mkdtemp(join(tmpdir(), 'gocli-mount-'));
    await mkdir(join(source, 'app'));
    await mkdir(join(plain, 'app'));
    await writeFile(join(source, 'app', 'file'), 'new');
    await writeFile(join(target, 'real'), 'old');
    await writeFile(join(plain, 'app', 'file'), '');
    try {
      execFileSync('mount', ['--bind', join(target, 'real'), join(plain, 'app', 'file')], {
        stdio: 'ignore',
      });
    } catch {
      t.pass('nothing can be mounted here');
      return;
    }
    try {
      await copy(folders.ends, join(source, 'app', 'file'), join(plain, 'app'));
      t.is(await readFile(join(target, 'real'), 'utf8'), 'new');
      await writeFile(join(source, 'app', 'file'), 'newer');
      await copy(folders.ends, join(source, 'app'), plain);
      t.is(await readFile(join(target, 'real'), 'utf8'), 'newer');
    } finally {
      execFileSync('umount', [join(plain, 'app', 'file')]);
      execFileSync('rm', ['-r', plain]);
    }
  });
}

test.serial('what may be written is, in a folder that may not; what may not be is refused', async (t) => {
  const { ends, here, there } = await bench(t);
  const asNobody = { ...ends, host: unprivileged(ends.host) };
  await chmod(join(here, '..'), 0o755);
  await mkdir(join(there, 'app'));
  await mkdir(join(here, 'app'));
  for (const file of ['open', 'shut']) {
    await writeFile(join(there, 'app', file), 'new');
    await writeFile(join(here, 'app', file), 'old');
  }
  await chmod(join(here, 'app', 'open'), 0o666);
  await chmod(join(here, 'app', 'shut'), 0o444);
  await chmod(join(here, 'app'), 0o555);
  await download(asNobody, join(there, 'app', 'open'), join(here, 'app', 'open'));
  t.is(await readFile(join(here, 'app', 'open'), 'utf8'), 'new');
  await chmod(join(here, 'app'), 0o777);
  const one = await t.throwsAsync(download(asNobody, join(there, 'app', 'shut'), join(here, 'app', 'shut')));
  t.true(isCode(one, 'COMMAND') && /Permission denied/.test(one.observed ?? ''), String(one));
  await writeFile(join(there, 'app', 'open'), 'newer');
  await t.throwsAsync(download(asNobody, join(there, 'app'), here), { message: /shut|app/ });
  t.is(await readFile(join(here, 'app', 'open'), 'utf8'), 'newer');
  t.is(await readFile(join(here, 'app', 'shut'), 'utf8'), 'old');
  // What cannot be read leaves what is there as it is.
  await writeFile(join(here, 'secret'), 'x');
  await chmod(join(here, 'secret'), 0o000);
  await writeFile(join(there, 'kept'), 'kept');
  await t.throwsAsync(upload(asNobody, join(here, 'secret'), join(there, 'kept')), {
    message: /cannot be read here/,
  });
  t.is(await readFile(join(there, 'kept'), 'utf8'), 'kept');
});

test.serial('an empty file needs no other folder, and a file of the kernel finds one', async (t) => {
  const { ends, here, there } = await bench(t);
  const host = localHost({ ...process.env, TMPDIR: '/no/such' });
  await writeFile(join(here, 'empty'), '');
  for (const source of [join(here, 'empty'), '/proc/version']) await upload({ ...ends, host }, source, there);
  t.deepEqual((await readdir(there)).sort(), ['empty', 'version']);
  t.is(await readFile(join(there, 'version'), 'utf8'), await readFile('/proc/version', 'utf8'));
});
