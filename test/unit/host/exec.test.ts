import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { isCode } from '../../../gocli-ts/src/errors/error.ts';
import { isForeground } from '../../../gocli-ts/src/host/children.ts';
import { localHost } from '../../../gocli-ts/src/host/exec.ts';

const host = localHost(process.env);

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gocli-host-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function alive(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid.toFixed(0)}/stat`, 'utf8').catch(() => ' ) Z');
  return !/\) [ZX]/.test(state);
}

test('a program gives its exit code and both streams', async (t) => {
  const result = await host.run(['sh', '-c', 'echo out; echo err >&2']);
  t.deepEqual(result, { exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
  const failed = await host.run(['sh', '-c', 'exit 3'], { allowFailure: true });
  t.is(failed.exitCode, 3);
  t.is((await host.run(['sh', '-c', 'kill -TERM $$'], { allowFailure: true })).exitCode, 143);
});

test('arguments reach the program as they are', async (t) => {
  const words = ['a b', "it's", '$HOME', '`id`', '*', '', '"'];
  t.is((await host.run(['printf', '%s|', ...words])).stdout, `${words.join('|')}|`);
});

test('a program that fails is an error with its last lines, secrets masked', async (t) => {
  const error = await t.throwsAsync(
    host.run(['sh', '-c', 'echo password=hunter22; echo it broke >&2; exit 4']),
  );
  t.true(isCode(error, 'COMMAND'));
  if (!isCode(error, 'COMMAND')) return;
  t.regex(error.message, /code 4/);
  t.regex(error.observed ?? '', /it broke/);
  t.notRegex(error.observed ?? '', /hunter22/);
});

test('a program that is not installed is named', async (t) => {
  const { signal } = new AbortController();
  for (const work of [host.run(['gocli-absent']), host.attach(['gocli-absent'], { signal })]) {
    const error = await t.throwsAsync(work);
    t.true(isCode(error, 'TOOL_MISSING'));
    t.regex(error.message, /gocli-absent/);
  }
  t.is(await host.which('gocli-absent'), undefined);
});

test('programs are found on PATH and in the sbin folders', async (t) => {
  const path = await folder(t);
  await writeFile(join(path, 'mine'), '#!/bin/sh\necho "$PATH"\n');
  t.is(await localHost({ PATH: path }).which('mine'), undefined);
  await chmod(join(path, 'mine'), 0o755);
  t.is(await localHost({ PATH: path }).which('mine'), join(path, 'mine'));
  const { stdout } = await localHost({ PATH: path }).run([join(path, 'mine')]);
  t.deepEqual(stdout.trim().split(':').slice(0, 1), [path]);
  t.true(stdout.includes('/usr/sbin') && stdout.includes('/usr/local/go/bin'));
});

test('the environment is the given one and what is added', async (t) => {
  const run = localHost({ PATH: process.env['PATH'], ONE: '1', TWO: '2' });
  const { stdout } = await run.run(['sh', '-c', 'echo "$ONE $TWO $HOME"'], { env: { TWO: 'two' } });
  t.is(stdout, '1 two \n');
});

test('a program runs in the folder and reads what it is fed', async (t) => {
  const path = await folder(t);
  t.is((await host.run(['pwd'], { cwd: path })).stdout.trim(), path);
  t.is((await host.run(['cat'], { stdin: 'words' })).stdout, 'words');
  t.is((await host.run(['cat'], { stdin: '' })).stdout, '');
  t.is((await host.run(['cat'])).stdout, '');
  const stream = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(100_000, 'x')));
  t.is((await host.run(['wc', '-c'], { stdin: stream })).stdout.trim(), '2000000');
});

test('an input that the program does not read, or that fails, does no harm', async (t) => {
  t.is((await host.run(['true'], { stdin: 'x'.repeat(5_000_000) })).exitCode, 0);
  const unread = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(100_000)));
  t.is((await host.run(['true'], { stdin: unread })).exitCode, 0);
  const broken = new Readable({
    read() {
      this.destroy(new Error('the disk broke'));
    },
  });
  const error = await t.throwsAsync(host.run(['cat'], { stdin: broken, signal: AbortSignal.timeout(5000) }));
  t.regex(`${String(error)} ${String(error.cause)}`, /the disk broke/);
});

test('output goes to a stream unchanged, bytes and all', async (t) => {
  const to = new PassThrough();
  const [result, got] = await Promise.all([
    host.run(['head', '-c', '3000000', '/dev/zero'], { stdout: to }),
    buffer(to),
  ]);
  t.is(result.stdout, '');
  t.is(got.length, 3_000_000);
});

test('lines are told as they come, across chunks, with the last one unfinished', async (t) => {
  const lines: string[] = [];
  const script = 'printf "o"; sleep 0.05; printf "ne\\r\\ntwo\\n"; echo three >&2; printf "four"';
  const { stdout } = await host.run(['sh', '-c', script], { onLine: (line) => lines.push(line) });
  t.deepEqual(lines.toSorted(), ['four', 'one', 'three', 'two']);
  t.true(stdout.endsWith('four'));
});

test('abort ends grandchildren too and gives the reason', async (t) => {
  const abort = new AbortController();
  const pids: number[] = [];
  const script = 'sleep 60 & echo $!; sh -c "sleep 60 & echo \\$!; wait" & wait';
  const onLine = (line: string): void => {
    pids.push(Number(line));
    if (pids.length === 2) abort.abort(new Error('enough'));
  };
  const start = performance.now();
  await t.throwsAsync(host.run(['sh', '-c', script], { signal: abort.signal, onLine }), {
    message: 'enough',
  });
  t.true(performance.now() - start < 4000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.deepEqual(await Promise.all(pids.map(alive)), [false, false]);
});

test('a program that ignores the request to end is killed', async (t) => {
  const abort = new AbortController();
  const start = performance.now();
  const script = 'trap "" TERM; echo ready; while :; do sleep 0.1; done';
  const onLine = (): void => {
    abort.abort(new Error('enough'));
  };
  await t.throwsAsync(host.run(['sh', '-c', script], { signal: abort.signal, onLine }), {
    message: 'enough',
  });
  const seconds = (performance.now() - start) / 1000;
  t.true(seconds > 4, String(seconds));
});

test('an aborted signal starts nothing', async (t) => {
  const path = await folder(t);
  const signal = AbortSignal.abort(new Error('before'));
  await t.throwsAsync(host.run(['touch', join(path, 'a')], { signal }), { message: 'before' });
  t.is(await readFile(join(path, 'a')).catch(() => undefined), undefined);
});

test('attach hands on the exit code, 128 + n for a signal', async (t) => {
  const { signal } = new AbortController();
  t.is(await host.attach(['sh', '-c', 'exit 5'], { signal }), 5);
  t.is(await host.attach(['sh', '-c', 'kill -TERM $$'], { signal }), 143);
});

test('a program that cannot be started is an error that says so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'script');
  await writeFile(file, '#!/no/such/interpreter\n', { mode: 0o755 });
  const { signal } = new AbortController();
  await t.throwsAsync(host.attach([file], { signal }), { code: 'COMMAND', message: /could not be started/ });
});

test('an abort ends what is attached, and is the reason whatever that made of it', async (t) => {
  const path = await folder(t);
  for (const script of ['exec sleep 60', 'trap "exit 0" TERM; while :; do sleep 0.05; done']) {
    const file = join(path, 'pid');
    await rm(file, { force: true });
    const abort = new AbortController();
    const running = host.attach(['sh', '-c', `echo $$ > ${file}; ${script}`], { signal: abort.signal });
    let pid = 0;
    while (pid === 0) {
      pid = Number(await readFile(file, 'utf8').catch(() => '0'));
      await delay(10);
    }
    abort.abort(new Error('enough'));
    await t.throwsAsync(running, { message: 'enough' });
    t.false(await alive(pid));
  }
});

test('however the process ends, what it started ends with it', async (t) => {
  const path = await folder(t);
  const file = join(path, 'pids');
  const script = `sh -c 'trap "" TERM INT HUP; echo $$ >> ${file}; while :; do sleep 0.05; done' &
    echo $$ >> ${file}; wait`;
  for (const end of ['process.exit(3)', 'setTimeout(() => { throw new Error("a defect"); })']) {
    await rm(file, { force: true });
    const source = new URL('../../../gocli-ts/src/host/exec.js', import.meta.url).href;
    const program = `
      import { readFileSync } from 'node:fs';
      const { localHost } = await import('${source}');
      localHost(process.env).run(['sh', '-c', ${JSON.stringify(script)}]).catch(() => undefined);
      setInterval(() => {
        try {
          if (readFileSync('${file}', 'utf8').split('\\n').length > 2) { ${end} }
        } catch (error) { if (error.code !== 'ENOENT') throw error; }
      }, 20);`;
    await host.run([process.execPath, '--input-type=module', '-e', program], { allowFailure: true });
    const pids = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
    t.is(pids.length, 2);
    await delay(200);
    t.deepEqual(await Promise.all(pids.map(alive)), [false, false], end);
  }
});

test('the foreground group of a terminal is told from a background one and from no terminal', (t) => {
  const stat = (group: number, terminal: number, foreground: number): string =>
    `77 (a) 1 b) S 1 ${group} 9 ${terminal} ${foreground} 4194304 0\n`;
  t.true(isForeground(stat(77, 34816, 77)));
  t.false(isForeground(stat(77, 34816, 9)));
  t.false(isForeground(stat(77, 0, -1)));
});
