import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import test from 'ava';

const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
import(workerData.module).then(async ({ openSpecial }) => {
  const writer = await openSpecial(workerData.pipe, new AbortController().signal);
  writer.end('bytes');
  writer.once('close', () => parentPort.postMessage('closed'));
  parentPort.once('message', () => process.exit());
});`;

test('a thread that wrote to a pipe closes its descriptor once, not that of another file at its end', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gocli-special-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('cat', [pipe], { stdio: 'ignore' });
  const module = new URL('../../../../gocli-ts/src/rig/copy/special.js', import.meta.url).href;
  const worker = new Worker(SCRIPT, { eval: true, workerData: { module, pipe } });
  await once(worker, 'message');
  // One of them gets the number that the thread had.
  const files = await Promise.all(Array.from({ length: 40 }, (_, at) => open(join(folder, `${at}`), 'w')));
  worker.postMessage('end');
  await once(worker, 'exit');
  if (reader.exitCode === null) await once(reader, 'exit');
  await t.notThrowsAsync(Promise.all(files.map((file) => file.stat())));
  await Promise.all(files.map((file) => file.close()));
});
