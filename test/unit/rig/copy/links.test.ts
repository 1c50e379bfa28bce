import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import test from 'ava';
import { pack, type Pack } from 'tar-stream';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { hostEnd, nodeEnd, type End } from '../../../../gocli-ts/src/rig/copy/end.ts';
import { OBSTACLES } from '../../../../gocli-ts/src/rig/copy/obstacle-scripts.ts';
import { UNPACK_FILE, UNPACK_FOLDER } from '../../../../gocli-ts/src/rig/copy/scripts.ts';
import { type Bench, bench, upload, WAYS } from '../../../helpers/copy-bench.ts';

const signal = new AbortController().signal;

for (const [name, copy, ends] of WAYS) {
  test.serial(`${name}: links of the user at the target stay, and are written through`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    const disk = join(source, 'disk');
    await mkdir(join(source, 'app', 'logs', 'deep'), { recursive: true });
    for (const file of ['logs/one', 'logs/deep/two', 'conf', 'new', 'plain'])
      await writeFile(join(source, 'app', file), `new ${file}`);
    await mkdir(disk);
    await mkdir(join(target, 'app'));
    await writeFile(join(disk, 'conf'), 'old');
    await writeFile(join(target, 'app', 'plain'), 'old');
    await symlink(disk, join(target, 'app', 'logs'));
    await symlink(join(disk, 'conf'), join(target, 'app', 'conf'));
    await symlink(join(disk, 'created'), join(target, 'app', 'new'));
    await copy(folders.ends, join(source, 'app'), target);
    t.is(await readlink(join(target, 'app', 'logs')), disk);
    t.is(await readlink(join(target, 'app', 'conf')), join(disk, 'conf'));
    t.deepEqual((await readdir(disk)).sort(), ['conf', 'created', 'deep', 'one']);
    for (const [file, content] of [
      ['one', 'logs/one'],
      ['deep/two', 'logs/deep/two'],
      ['conf', 'conf'],
      ['created', 'new'],
    ] as const)
      t.is(await readFile(join(disk, file), 'utf8'), `new ${content}`);
    t.is(await readFile(join(target, 'app', 'plain'), 'utf8'), 'new plain');
  });

  test.serial(`${name}: what is no folder is not replaced by one`, async (t) => {
    const folders = await bench(t);
    const [source, target] = ends(folders);
    await mkdir(join(source, 'app', 'logs'), { recursive: true });
    await mkdir(join(target, 'app'));
    await symlink('/not/mounted', join(target, 'app', 'logs'));
    const nowhere = await t.throwsAsync(copy(folders.ends, join(source, 'app'), target));
    t.true(
      isCode(nowhere, 'BAD_VALUE') && /app\/logs (here|on the node), which is none/.test(nowhere.message),
    );
    t.true((await lstat(join(target, 'app', 'logs'))).isSymbolicLink());
    await writeFile(join(target, 'file'), 'x');
    await mkdir(join(source, 'file'));
    t.true(isCode(await t.throwsAsync(copy(folders.ends, join(source, 'file'), target)), 'BAD_VALUE'));
  });

  test.serial(
    `${name}: links of the source are never written through, also at the second time`,
    async (t) => {
      const folders = await bench(t);
      const [source, target] = ends(folders);
      const outside = join(source, 'outside');
      await mkdir(outside);
      await mkdir(join(source, 'app', 'sub'), { recursive: true });
      await writeFile(join(outside, 'file'), 'mine');
      await symlink(outside, join(source, 'app', 'out'));
      await symlink(join(outside, 'file'), join(source, 'app', 'sub', 'out'));
      for (const round of ['first', 'second']) {
        await copy(folders.ends, join(source, 'app'), target);
        t.is(await readlink(join(target, 'app', 'out')), outside, round);
        t.deepEqual(await readdir(outside), ['file'], round);
        t.is(await readFile(join(outside, 'file'), 'utf8'), 'mine', round);
      }
    },
  );
}

function hostile(outside: string): Readable {
  const archive: Pack = pack();
  archive.entry({ name: './out', type: 'symlink', linkname: outside });
  archive.entry({ name: './out', type: 'directory' });
  archive.entry({ name: './out/one' }, 'x');
  archive.entry({ name: './up', type: 'symlink', linkname: '../outside' });
  archive.entry({ name: './up/two' }, 'x');
  archive.entry({ name: '../three' }, 'x');
  archive.entry({ name: join(outside, 'four') }, 'x');
  archive.entry({ name: './file', type: 'symlink', linkname: join(outside, 'five') });
  archive.entry({ name: './file' }, 'x');
  archive.entry({ name: './in', type: 'symlink', linkname: 'out' });
  archive.entry({ name: './in', type: 'directory' });
  archive.entry({ name: './in/six' }, 'x');
  archive.entry({ name: './hard', type: 'link', linkname: join(outside, 'kept') });
  archive.entry({ name: './hard' }, 'x');
  archive.finalize();
  return archive.pipe(new PassThrough());
}

for (const [name, endOf] of [
  ['here', ({ ends }: Bench): End => hostEnd(ends.host)],
  ['on a node', ({ ends }: Bench): End => nodeEnd(ends.connection)],
] as const) {
  test.serial(
    `an archive cannot write through a link that it made, nor above its folder, ${name}`,
    async (t) => {
      const folders = await bench(t);
      const { here, there } = folders;
      const outside = join(there, 'outside');
      await mkdir(outside);
      await writeFile(join(outside, 'kept'), 'kept');
      await mkdir(join(there, 'old'));
      for (const target of ['new', 'old']) {
        const args = [join(there, target)];
        const unpacked = await endOf(folders).run(UNPACK_FOLDER, args, { stdin: hostile(outside), signal });
        t.not(unpacked.exitCode, 0);
        t.deepEqual(await readdir(outside), ['kept'], target);
        t.is(await readFile(join(outside, 'kept'), 'utf8'), 'kept');
        t.deepEqual(
          (await readdir(there)).sort(),
          target === 'new' ? ['new', 'old', 'outside'] : ['new', 'old', 'outside'],
        );
        t.deepEqual(await readdir(here), []);
      }
    },
  );

  test.serial(`an archive in place of one file writes that one alone, ${name}`, async (t) => {
    const folders = await bench(t);
    const { there } = folders;
    const outside = join(there, 'outside');
    await mkdir(outside);
    await writeFile(join(there, 'file'), 'old');
    const args = [join(there, 'file'), 'file', '.gocli-unused'];
    await endOf(folders).run(UNPACK_FILE, args, { stdin: hostile(outside), signal });
    t.deepEqual((await readdir(there)).sort(), ['file', 'outside']);
    t.true((await lstat(join(there, 'file'))).isFile());
    t.deepEqual(await readdir(outside), []);
  });
}

test.serial('what a node says is taken at the target is asked of no other place', async (t) => {
  const { ends, here, there } = await bench(t);
  const { connection } = ends;
  await mkdir(join(here, 'app'));
  await mkdir(join(there, 'app'));
  await writeFile(join(here, 'secret'), 'x');
  await symlink(here, join(here, 'app', 'up'));
  const lying = {
    ...connection,
    exec: async (...[command, options]: Parameters<typeof connection.exec>) => {
      if (!command.includes('mountinfo')) return connection.exec(command, options);
      options?.stdout?.write('f./../secret\0f./up/secret\0fsecret\0');
      return { exitCode: 0, stdout: '', stderr: '' };
    },
  };
  await upload({ ...ends, connection: lying }, join(here, 'app'), there);
  t.deepEqual(await readdir(there), ['app']);
  t.deepEqual(await readdir(join(there, 'app')), ['up']);
  t.is(await readlink(join(there, 'app', 'up')), here);
});

test.serial('names that a node lists lead nowhere but into the target', async (t) => {
  const { ends, here } = await bench(t);
  await mkdir(join(here, 'app'));
  await writeFile(join(here, 'mine'), 'x');
  await symlink('mine', join(here, 'link'));
  await symlink('mine', join(here, 'app', 'fits'));
  const listed = `f./../link\0f../link\0f${here}/link\0f-delete\0f./fits\0`;
  const { stdout } = await hostEnd(ends.host).run(OBSTACLES, [join(here, 'app')], {
    stdin: PassThrough.from([Buffer.from(listed)]),
    signal,
  });
  t.is(stdout, 'f./fits\0');
});
