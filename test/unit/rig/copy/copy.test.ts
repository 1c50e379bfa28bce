import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../../gocli-ts/src/errors/error.ts';
import { localHost } from '../../../../gocli-ts/src/host/exec.ts';
import { expand } from '../../../../gocli-ts/src/rig/copy/remote.ts';
import { bench, download, upload } from '../../../helpers/copy-bench.ts';

async function tree(folder: string): Promise<void> {
  await mkdir(join(folder, 'deep', 'er'), { recursive: true });
  await writeFile(join(folder, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(folder, 'run.sh'), 0o755);
  await writeFile(join(folder, 'deep', 'er', 'secret'), 's');
  await chmod(join(folder, 'deep', 'er', 'secret'), 0o600);
  await mkdir(join(folder, 'empty'));
  await symlink('run.sh', join(folder, 'link'));
}

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

async function notFound(t: ExecutionContext, work: Promise<void>): Promise<void> {
  const error = await t.throwsAsync(work);
  t.true(isCode(error, 'NOT_FOUND'), String(error));
}

for (const [name, copy, from] of [
  ['upload', upload, 'here'],
  ['download', download, 'there'],
] as const) {
  test.serial(`${name}: a file under another name, and into a folder`, async (t) => {
    const { ends, ...folders } = await bench(t);
    const [source, target] = [folders[from], folders[from === 'here' ? 'there' : 'here']];
    await writeFile(join(source, 'a b'), Buffer.alloc(3_000_000, 7));
    await chmod(join(source, 'a b'), 0o751);
    await copy(ends, join(source, 'a b'), join(target, 'new'));
    await copy(ends, join(source, 'a b'), target);
    t.deepEqual((await readdir(target)).sort(), ['a b', 'new']);
    t.is((await readFile(join(target, 'new'))).length, 3_000_000);
    t.is(await mode(join(target, 'new')), 0o751);
    await writeFile(join(source, 'a b'), 'newer');
    await copy(ends, join(source, 'a b'), join(target, 'new'));
    t.is(await readFile(join(target, 'new'), 'utf8'), 'newer');
  });

  test.serial(`${name}: a folder with everything in it`, async (t) => {
    const { ends, ...folders } = await bench(t);
    const [source, target] = [folders[from], folders[from === 'here' ? 'there' : 'here']];
    await tree(join(source, 'app'));
    await copy(ends, join(source, 'app'), target);
    await copy(ends, join(source, 'app'), join(target, 'other'));
    for (const top of ['app', 'other'].map((one) => join(target, one))) {
      t.deepEqual((await readdir(top)).sort(), ['deep', 'empty', 'link', 'run.sh']);
      t.is(await mode(join(top, 'run.sh')), 0o755);
      t.is(await mode(join(top, 'deep', 'er', 'secret')), 0o600);
      t.is(await readFile(join(top, 'link'), 'utf8'), '#!/bin/sh\n');
    }
  });

  test.serial(`${name}: a link that is named is followed`, async (t) => {
    const { ends, ...folders } = await bench(t);
    const [source, target] = [folders[from], folders[from === 'here' ? 'there' : 'here']];
    await writeFile(join(source, 'real'), 'content');
    await symlink('real', join(source, 'link'));
    await copy(ends, join(source, 'link'), target);
    t.is(await readFile(join(target, 'link'), 'utf8'), 'content');
  });

  test.serial(`${name}: what is not there`, async (t) => {
    const { ends, ...folders } = await bench(t);
    const [source, target] = [folders[from], folders[from === 'here' ? 'there' : 'here']];
    await notFound(t, copy(ends, join(source, 'absent'), target));
    await writeFile(join(source, 'a'), '');
    await notFound(t, copy(ends, join(source, 'a'), join(target, 'absent', 'b')));
    t.deepEqual(await readdir(target), []);
  });
}

test.serial('a pattern is what it fits on the guest, and all else is itself', async (t) => {
  const { ends, there } = await bench(t);
  for (const name of ['a 1.log', 'b$(x).log', '.hidden.log', 'c.txt', 'lit*ral'])
    await writeFile(join(there, name), name);
  const found = async (pattern: string): Promise<string[]> =>
    (await expand(ends, join(there, pattern), new AbortController().signal)).map((one) =>
      one.slice(there.length + 1),
    );
  t.deepEqual(await found('*.log'), ['a 1.log', 'b$(x).log']);
  t.deepEqual(await found('[bc]?*t'), ['c.txt']);
  t.deepEqual(await found('lit*ral'), ['lit*ral']);
  t.deepEqual(await found('no*thing $(x)'), ['no*thing $(x)']);
  t.deepEqual(await found('c.txt'), ['c.txt']);
  // Neither the folder itself nor the one above it, which holds everything.
  t.deepEqual(await found('.*'), ['.hidden.log']);
  await rm(join(there, '.hidden.log'));
  t.deepEqual(await found('.*'), ['.*']);
});

test.serial('download to a stream gives the bytes of a file and leaves the stream open', async (t) => {
  const { ends, there } = await bench(t);
  await writeFile(join(there, 'a'), 'bytes\n');
  const output = new PassThrough();
  await download(ends, join(there, 'a'), output);
  t.false(output.writableEnded);
  output.end();
  t.is(await text(output), 'bytes\n');
  await notFound(t, download(ends, join(there, 'absent'), new PassThrough()));
  await notFound(t, download(ends, there, new PassThrough()));
});

test.serial('download that cannot write ends, and says why', async (t) => {
  const { ends, there } = await bench(t);
  await writeFile(join(there, 'a'), Buffer.alloc(10_000_000));
  const full = new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    },
  });
  const error = await t.throwsAsync(download(ends, join(there, 'a'), full));
  t.true(isCode(error, 'DISK_FULL'), String(error));
});

test.serial('download to a full device says so, however little it is', async (t) => {
  const { ends, there } = await bench(t);
  for (const size of [1, 10_000_000]) {
    await writeFile(join(there, 'a'), Buffer.alloc(size));
    await t.throwsAsync(download(ends, join(there, 'a'), '/dev/full'), {
      code: 'DISK_FULL',
      message: /^\/dev\/full cannot be written/,
    });
  }
});

test.serial(
  'download to a pipe that nobody reads is ended by the signal, and leaves no thread',
  async (t) => {
    const { ends, there, here } = await bench(t);
    await writeFile(join(there, 'a'), Buffer.alloc(1_000_000));
    const pipe = join(here, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const reader of [false, true]) {
      // It has the pipe open and reads nothing.
      const end = openSync(pipe, 'r+');
      const child = reader ? spawn('sleep', ['60'], { stdio: [end, 'ignore', 'ignore'] }) : undefined;
      closeSync(end);
      const stop = new AbortController();
      const reason = new Error('interrupted');
      setTimeout(() => {
        stop.abort(reason);
      }, 300);
      await t.throwsAsync(download(ends, join(there, 'a'), pipe, stop.signal), { is: reason });
      if (child === undefined) continue;
      child.kill();
      await once(child, 'exit');
    }
    // Nothing here has it open any more.
    t.throws(() => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), { code: 'ENXIO' });
  },
);

test.serial('download to a pipe waits for its reader', async (t) => {
  const { ends, there, here } = await bench(t);
  await writeFile(join(there, 'a'), Buffer.alloc(1_000_000, 1));
  const pipe = join(here, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const copying = download(ends, join(there, 'a'), pipe);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const reader = spawn('wc', ['-c', pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [counted] = await Promise.all([text(reader.stdout), copying]);
  t.regex(counted, /^1000000 /);
});

test.serial('a guest that dies in the middle of a copy is unreachable', async (t) => {
  const { ends, server, here, there } = await bench(t);
  await writeFile(join(there, 'a'), Buffer.alloc(100_000_000));
  setTimeout(() => {
    server.cut();
  }, 100);
  const error = await t.throwsAsync(download(ends, join(there, 'a'), here));
  t.true(isCode(error, 'GUEST_UNREACHABLE'), String(error));
  t.deepEqual(await readdir(here), []);
});

test.serial('a copy that is ended leaves no folder of its own, also while it tidies up', async (t) => {
  const { ends, here, there } = await bench(t);
  await mkdir(join(here, 'bin'));
  await mkdir(join(here, 'to'));
  await writeFile(join(there, 'a'), Buffer.alloc(1_000_000));
  for (const [name, moment] of [
    ['rm', 'before'],
    ['mkdir', 'after'],
  ] as const) {
    const program = join(here, 'bin', name);
    const real = `/bin/${name} "$@"`;
    const slow = `touch '${program}.runs'; sleep 0.5`.replaceAll("it's", String.raw`it'\''s`);
    await writeFile(program, `#!/bin/sh\n${moment === 'after' ? `${real}\n${slow}` : `${slow}\n${real}`}\n`);
    await chmod(program, 0o755);
    const host = localHost({ ...process.env, PATH: `${join(here, 'bin')}:${process.env['PATH'] ?? ''}` });
    const stop = new AbortController();
    const copying = download({ ...ends, host }, join(there, 'a'), join(here, 'to', 'a'), stop.signal);
    const refused = t.throwsAsync(copying, { message: 'enough' });
    while (!(await readdir(join(here, 'bin'))).includes(`${name}.runs`)) await delay(5);
    stop.abort(new Error('enough'));
    await refused;
    await rm(program);
    // One that is there is written to, without a folder.
    await rm(join(here, 'to', 'a'), { force: true });
    t.deepEqual(
      (await readdir(join(here, 'to'))).filter((one) => one !== 'a'),
      [],
      name,
    );
  }
});

test.serial('a copy ends with the signal', async (t) => {
  const { ends, here, there } = await bench(t);
  await writeFile(join(here, 'a'), Buffer.alloc(200_000_000));
  const abort = new AbortController();
  setTimeout(() => {
    abort.abort(new Error('enough'));
  }, 100);
  await t.throwsAsync(upload(ends, join(here, 'a'), there, abort.signal), { message: 'enough' });
});
