import { execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { bench, download, unprivileged, upload, WAYS } from '../../../helpers/copy-bench.ts';

/** Names a shell, an archive or a terminal may stumble over; the last is not UTF-8. */
const NAMES = ['-rf', 'a\nb', "it's", 'q"$(x)`', 'ends ', '*?[', '\\n', 'ü', 'n'.repeat(200)]
  .map((name) => Buffer.from(name))
  .concat(Buffer.from([0x78, 0xff, 0xfe]));

const THEN = new Date('2020-01-02T03:04:05Z');

function within(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name]);
}

async function incomplete(t: ExecutionContext, work: Promise<void>, ...names: RegExp[]): Promise<void> {
  const error = await t.throwsAsync(work);
  t.true(isCode(error, 'COMMAND') || isCode(error, 'REMOTE_COMMAND'), String(error));
  if (!isCode(error, 'COMMAND') && !isCode(error, 'REMOTE_COMMAND')) return;
  t.is(error.exitCode, 1);
  for (const name of names) t.regex(error.observed ?? '', name);
}

for (const [name, copy, ends] of WAYS) {
  test.serial(`${name}: names of any bytes, in a folder`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app'));
    for (const one of NAMES) await writeFile(within(join(source, 'app'), one), one);
    await copy(folders.ends, join(source, 'app'), target);
    for (const one of NAMES)
      t.deepEqual(await readFile(within(join(target, 'app'), one)), one, JSON.stringify(one.toString()));
    t.is((await readdir(join(target, 'app'))).length, NAMES.length);
    for (const one of ['-rf', "it's $(x)", 'a\nb\n', '.hidden']) {
      await writeFile(join(source, one), one);
      await copy(folders.ends, join(source, one), target);
      t.is(await readFile(join(target, one), 'utf8'), one);
    }
  });

  test.serial(`${name}: links stay links, wherever they lead`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app', 'sub'), { recursive: true });
    const targets = ['/etc/passwd', '/no/such', '../../..', 'sub', 'self', '.'];
    for (const [index, to] of targets.entries()) await symlink(to, join(source, 'app', `l${index}`));
    await writeFile(join(source, 'app', 'one'), 'x');
    await link(join(source, 'app', 'one'), join(source, 'app', 'two'));
    for (const round of ['first', 'second']) {
      await copy(folders.ends, join(source, 'app'), target);
      for (const [index, to] of targets.entries())
        t.is(await readlink(join(target, 'app', `l${index}`)), to, round);
      t.is((await stat(join(target, 'app', 'two'))).nlink, 2);
    }
  });

  test.serial(`${name}: modes and times, also odd ones`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    const modes = { none: 0o000, setuid: 0o4755, sticky: 0o1666, setgid: 0o2711, open: 0o666 };
    await mkdir(join(source, 'app', 'shut'), { recursive: true });
    await writeFile(join(source, 'app', 'shut', 'in'), '');
    for (const [file, mode] of Object.entries(modes)) {
      await writeFile(join(source, 'app', file), 'x');
      await chmod(join(source, 'app', file), mode);
      await utimes(join(source, 'app', file), THEN, THEN);
    }
    await chmod(join(source, 'app', 'shut'), 0o555);
    await utimes(join(source, 'app'), THEN, THEN);
    await copy(folders.ends, join(source, 'app'), target);
    await copy(folders.ends, join(source, 'app', 'setuid'), join(target, 'one'));
    for (const [file, mode] of [
      ...Object.entries(modes),
      ['shut', 0o555] as const,
      ['../one', 0o4755] as const,
    ]) {
      const about = await stat(join(target, 'app', file));
      t.is(about.mode & 0o7777, mode, file);
      if (file !== 'shut') t.is(about.mtime.getTime(), THEN.getTime(), file);
    }
    t.is((await stat(join(target, 'app'))).mtime.getTime(), THEN.getTime());
  });

  test.serial(`${name}: holes stay holes`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    const size = 8 * 1024 ** 3;
    await mkdir(join(source, 'app'));
    for (const [file, tail] of [
      ['holes', 'end'],
      ['empty', ''],
    ] as const) {
      const handle = await open(join(source, 'app', file), 'w');
      await handle.truncate(size);
      if (tail !== '') await handle.write(tail, size - tail.length);
      await handle.close();
      await copy(folders.ends, join(source, 'app', file), target);
    }
    await copy(folders.ends, join(source, 'app'), target);
    for (const file of ['holes', 'empty', 'app/holes', 'app/empty']) {
      const { size: copied, blocks } = await stat(join(target, file));
      t.is(copied, size, file);
      t.true(blocks < 10_000, file);
    }
    const handle = await open(join(target, 'holes'));
    t.is((await handle.read(Buffer.alloc(3), 0, 3, size - 3)).buffer.toString(), 'end');
    await handle.close();
  });

  test.serial(`${name}: what is no file is said, the rest is copied`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app'));
    await writeFile(join(source, 'app', 'file'), 'x');
    execFileSync('mkfifo', [join(source, 'app', 'pi\x1bpe')]);
    await incomplete(
      t,
      copy(folders.ends, join(source, 'app'), target),
      /^\.\/pi\\x1bpe: not a regular file$/,
    );
    t.deepEqual(await readdir(join(target, 'app')), ['file']);
    const alone = copy(folders.ends, join(source, 'app', 'pi\x1bpe'), target);
    t.true(isCode(await t.throwsAsync(alone), 'NOT_FOUND'));
  });

  test.serial(`${name}: a file of the kernel has its content, a folder of them is refused`, async (t) => {
    const folders = await bench(t);
    const [, target] = ends(folders);
    await copy(folders.ends, '/proc/version', target);
    t.is(await readFile(join(target, 'version'), 'utf8'), await readFile('/proc/version', 'utf8'));
    await incomplete(t, copy(folders.ends, '/proc/sys/kernel', target), /files of the kernel \(proc\)/);
  });

  test.serial(`${name}: names and folders as scp has them`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app'));
    await writeFile(join(source, 'app', 'file'), 'x');
    await copy(folders.ends, `${join(source, 'app')}/`, join(target, 'new/'));
    t.deepEqual(await readdir(join(target, 'new')), ['file']);
    await mkdir(join(target, 'there'));
    await chmod(join(target, 'there'), 0o1777);
    await copy(folders.ends, `${join(source, 'app')}/.`, join(target, 'there'));
    t.deepEqual(await readdir(join(target, 'there')), ['file']);
    t.is((await stat(join(target, 'there'))).mode & 0o7777, 0o1777);
    for (const path of ['absent/', 'there/file/'])
      t.true(
        isCode(
          await t.throwsAsync(copy(folders.ends, join(source, 'app', 'file'), join(target, path))),
          'NOT_FOUND',
        ),
      );
    const over = copy(folders.ends, join(source, 'app'), join(target, 'there', 'file'));
    t.true(isCode(await t.throwsAsync(over), 'BAD_VALUE'));
    await symlink('there/file', join(target, 'alias'));
    await writeFile(join(source, 'app', 'file'), 'newer');
    await copy(folders.ends, join(source, 'app', 'file'), join(target, 'alias'));
    t.is(await readFile(join(target, 'there', 'file'), 'utf8'), 'newer');
    t.true((await lstat(join(target, 'alias'))).isSymbolicLink());
  });

  test.serial(`${name}: a pipe or device at the target gets the bytes and stays`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await writeFile(join(source, 'file'), 'bytes');
    execFileSync('mkfifo', [join(target, 'pipe')]);
    const reader = spawn('cat', [join(target, 'pipe')]);
    const [read] = await Promise.all([
      text(reader.stdout),
      copy(folders.ends, join(source, 'file'), join(target, 'pipe')),
    ]);
    t.is(read, 'bytes');
    t.true((await lstat(join(target, 'pipe'))).isFIFO());
  });
}

test.serial('what may not be read is said, the rest is copied', async (t) => {
  const { ends, here, there } = await bench(t);
  await mkdir(join(here, 'app', 'closed'), { recursive: true });
  await writeFile(join(here, 'app', 'file'), 'x');
  await writeFile(join(here, 'app', 'secret'), 'x');
  await chmod(join(here, 'app', 'secret'), 0o000);
  await chmod(join(here, 'app', 'closed'), 0o000);
  await chmod(join(here, '..'), 0o755);
  const asNobody = { ...ends, host: unprivileged(ends.host) };
  await incomplete(t, upload(asNobody, join(here, 'app'), there), /closed.*Permission/, /secret.*Permission/);
  t.deepEqual(await readdir(join(there, 'app')), ['file']);
  // Nothing arrives, but that is not the other end's fault.
  const secret = await t.throwsAsync(upload(asNobody, join(here, 'app', 'secret'), there));
  t.regex(secret.message, /secret cannot be read here$/);
  t.true(isCode(secret, 'COMMAND') && !/\.gocli-/.test(secret.observed ?? ''), String(secret));
  t.deepEqual(await readdir(there), ['app']);
  await chmod(join(here, 'app', 'closed'), 0o700);
});

test.serial('a target that cannot be written is said, and the guest does not wait', async (t) => {
  const { ends, here, there } = await bench(t);
  await writeFile(join(there, 'much'), Buffer.alloc(30_000_000));
  await chmod(join(here, '..'), 0o755);
  await incomplete(
    t,
    download({ ...ends, host: unprivileged(ends.host) }, join(there, 'much'), '/usr/much'),
    /Permission denied/,
  );
});
