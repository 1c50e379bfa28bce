import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lockOf } from '../../../../gocli-ts/src/place/docker/lock.ts';
import { lockIfFree } from '../../../../gocli-ts/src/place/lock-if-free.ts';
import type { Docker, LockHolder } from '../../../../gocli-ts/src/place/interface.ts';
import { CHECKOUT } from '../../../helpers/cli.ts';

const NEVER = new AbortController().signal;
const SOCKET = join(CHECKOUT, 'package.json');
const ignore = (): void => undefined;

test('one at a time has a lock, whoever asks; those of other names are others', async (t) => {
  const name = randomUUID();
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      await using _ = await lockOf(SOCKET, name, { signal: NEVER, onWait: ignore });
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    }),
  );
  t.is(most, 1);
  await using _one = await lockOf(SOCKET, name, { signal: NEVER, onWait: ignore });
  await using _other = await lockOf(SOCKET, randomUUID(), { signal: NEVER, onWait: () => t.fail() });
  await using _daemon = await lockOf(CHECKOUT, name, { signal: NEVER, onWait: () => t.fail() });
  t.pass();
});

/** A process that holds a lock until it is killed. */
const HOLDER = `
const { lockOf } = await import(process.argv[1]);
const held = await lockOf(process.argv[2], process.argv[3], { signal: new AbortController().signal, onWait() {} });
process.stdout.write('held');
setInterval(() => held, 1000);`;

async function holderOf(t: ExecutionContext, name: string): Promise<ChildProcess> {
  const module = join(CHECKOUT, 'dist/gocli-ts/src/place/docker/lock.js');
  const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, module, SOCKET, name]);
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder;
}

test('who waits is told who has it, and has it once that process was killed', async (t) => {
  const name = randomUUID();
  const holder = await holderOf(t, name);
  const told: LockHolder[] = [];
  const waiting = lockOf(SOCKET, name, {
    signal: NEVER,
    onWait: (who) => {
      told.push(who);
      holder.kill('SIGKILL');
    },
  });
  await using _ = await waiting;
  t.is(told.length, 1);
  t.is(told[0]?.pid, holder.pid);
  t.regex(told[0]?.since ?? '', /^\d{4}-\d\d-\d\dT/);
});

test('a wait ends with its signal', async (t) => {
  const name = randomUUID();
  await using _ = await lockOf(SOCKET, name, { signal: NEVER, onWait: ignore });
  const stop = new AbortController();
  const reason = new Error('no more');
  const waiting = lockOf(SOCKET, name, {
    signal: stop.signal,
    onWait: () => {
      stop.abort(reason);
    },
  });
  await t.throwsAsync(waiting, { is: reason });
  await t.throwsAsync(lockOf(SOCKET, name, { signal: stop.signal, onWait: ignore }), { is: reason });
});

test('a signal that comes while the lock is tried ends the wait, too', async (t) => {
  const name = randomUUID();
  await using _ = await lockOf(SOCKET, name, { signal: NEVER, onWait: ignore });
  const stop = new AbortController();
  const { signal } = stop;
  const reason = new Error('no more');
  // Right after it was looked at for the first time.
  signal.throwIfAborted = () => {
    AbortSignal.prototype.throwIfAborted.call(signal);
    stop.abort(reason);
  };
  await t.throwsAsync(lockOf(SOCKET, name, { signal, onWait: ignore }), { is: reason });
});

test('a lock does not keep the process alive, nor does one that was given up', async (t) => {
  const module = join(CHECKOUT, 'dist/gocli-ts/src/place/docker/lock.js');
  const script = HOLDER.replace('setInterval(() => held, 1000);', '');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, SOCKET, randomUUID()]);
  t.deepEqual(await once(child, 'exit'), [0, null]);
});

test('a process that is stopped has its lock, though it says nothing', async (t) => {
  const name = randomUUID();
  const holder = await holderOf(t, name);
  holder.kill('SIGSTOP');
  const lock: Docker['system']['lock'] = (asked, options) => lockOf(SOCKET, asked, options);
  const docker = { system: { lock } } as Docker;
  t.is(await lockIfFree(name, { docker, signal: NEVER }), undefined);
  holder.kill('SIGKILL');
});
