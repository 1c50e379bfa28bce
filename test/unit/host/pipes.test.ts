import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { openPipe } from '../../../gocli-ts/src/host/pipes.ts';

async function pipeIn(t: ExecutionContext): Promise<{ folder: string; pipe: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-pipes-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return { folder, pipe };
}

const WAYS = {
  'wrote to': {
    other: ['cat "$1"'],
    script: `
      const stream = await pipes.openSpecial(workerData.pipe, new AbortController().signal);
      stream.end('bytes');`,
  },
  read: {
    other: ['exec 3<>"$1"; echo bytes >&3; read -r _'],
    script: `
      const stream = pipes.openPipe(workerData.pipe);
      stream.once('data', () => stream.destroy());`,
  },
} as const;

for (const [did, { other, script }] of Object.entries(WAYS)) {
  test(`a thread that ${did} a pipe closes its descriptor once, not that of another file at its end`, async (t) => {
    const { folder, pipe } = await pipeIn(t);
    const end = spawn('sh', ['-c', ...other, 'sh', pipe], { stdio: ['pipe', 'ignore', 'ignore'] });
    const left = once(end, 'exit');
    t.teardown(() => end.kill('SIGKILL'));
    const module = new URL('../../../gocli-ts/src/host/pipes.js', import.meta.url).href;
    const whole = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.module).then(async (pipes) => {${script}
        stream.once('close', () => parentPort.postMessage('closed'));
        parentPort.once('message', () => process.exit());
      });`;
    const worker = new Worker(whole, { eval: true, workerData: { module, pipe } });
    await once(worker, 'message');
    // One of them gets the number that the thread had.
    const files = await Promise.all(Array.from({ length: 40 }, (_, at) => open(join(folder, `${at}`), 'w')));
    worker.postMessage('end');
    await once(worker, 'exit');
    end.stdin.end();
    await left;
    await t.notThrowsAsync(Promise.all(files.map((file) => file.stat())));
    await Promise.all(files.map((file) => file.close()));
  });
}

test('a pipe is read to the end of its writer, whatever moments it takes', async (t) => {
  const { pipe } = await pipeIn(t);
  const writer = spawn(
    'sh',
    [
      '-c',
      'exec 3<>"$1"; echo; head -c 300000 /dev/zero >&3; sleep 0.2; printf end >&3; read -r _',
      'sh',
      pipe,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.teardown(() => writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  const reader = openPipe(pipe);
  setTimeout(() => writer.stdin.end(), 500);
  const got = await buffer(reader);
  t.is(got.length, 300_003);
  t.is(got.subarray(-3).toString(), 'end');
});

test('a pipe with a name is waited for until somebody writes, who may come late', async (t) => {
  const { pipe } = await pipeIn(t);
  const reading = buffer(openPipe(pipe));
  await sleep(150);
  execFileSync('sh', ['-c', 'echo late >"$1"', 'sh', pipe]);
  t.is((await reading).toString(), 'late\n');
});

test('one that was opened already is at its end when nobody writes', async (t) => {
  const { pipe } = await pipeIn(t);
  const end = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => {
    closeSync(end);
  });
  t.is((await buffer(openPipe(`/proc/self/fd/${end}`))).length, 0);
});

test('a wait for a writer, or for one that does not write, ends when it is given up', async (t) => {
  const { pipe } = await pipeIn(t);
  const givenUp = async (): Promise<void> => {
    const reader = openPipe(pipe);
    setTimeout(() => reader.destroy(new Error('given up')), 50);
    await t.throwsAsync(buffer(reader), { message: 'given up' });
  };
  await givenUp();
  const script = 'exec 3<>"$1"; echo; read -r _';
  const silent = spawn('sh', ['-c', script, 'sh', pipe], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => silent.kill('SIGKILL'));
  await once(silent.stdout, 'data');
  await givenUp();
});
