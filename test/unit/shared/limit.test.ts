import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { linked, within } from '../../../gocli-ts/src/shared/limit.ts';

const run = promisify(execFile);

/** What the script prints in a process whose garbage is collected again and again, soon after each wait has begun. */
async function underCollection(script: string): Promise<string> {
  const source = (path: string): string => new URL(`../../../gocli-ts/src/${path}`, import.meta.url).href;
  const program = `
    setInterval(gc, 20).unref();
    setTimeout(() => { console.log('never'); process.exit(); }, 15_000).unref();
    const keepAlive = setInterval(() => undefined, 1000);
    const { within, linked } = await import('${source('shared/limit.js')}');
    const { waitFor } = await import('${source('waiting/condition.js')}');
    const { systemClock } = await import('${source('shared/clock.js')}');
    const signal = new AbortController().signal;
    ${script}
    clearInterval(keepAlive);`;
  const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '-e', program]);
  return stdout.trim();
}

test('a limit fires though garbage is collected while it is waited for', async (t) => {
  const printed = await underCollection(`
    {
      const limit = within(signal, 200);
      const both = linked(limit.signal);
      await new Promise((resolve) => both.signal.addEventListener('abort', resolve, { once: true }));
      console.log(both.signal.reason.name);
    }`);
  t.is(printed, 'TimeoutError');
});

test('a look at a condition that is never answered ends though garbage is collected', async (t) => {
  const printed = await underCollection(`
    const check = (bounded) => new Promise((_, reject) => {
      bounded.addEventListener('abort', () => reject(bounded.reason), { once: true });
    });
    const options = { clock: systemClock, signal, timeoutMs: 10, checkMs: 200 };
    await waitFor({ name: 'it', check }, options).catch((error) => console.log(error.code));`);
  t.is(printed, 'TIMEOUT');
});

test('the parent ends it with its reason, before and after it was made', (t) => {
  const parent = new AbortController();
  using before = within(parent.signal, 60_000);
  using alone = linked(parent.signal);
  const reason = new Error('stop');
  parent.abort(reason);
  using after = within(parent.signal, 0);
  for (const { signal } of [before, alone, after]) t.is(signal.reason, reason);
});

test('the first reason counts', async (t) => {
  const parent = new AbortController();
  const reason = new Error('own');
  using limit = within(parent.signal, 1);
  limit.abort(reason);
  parent.abort(new Error('later'));
  await delay(20);
  t.is(limit.signal.reason, reason);
  using timed = within(undefined, 1);
  await delay(20);
  t.is((timed.signal.reason as DOMException).name, 'TimeoutError');
});

test('what the work left behind ends with it, and the parent never hears of it', (t) => {
  const parent = new AbortController();
  let inner: AbortSignal | undefined;
  {
    using limit = within(parent.signal, 60_000);
    inner = limit.signal;
    t.false(inner.aborted);
  }
  t.true(inner.aborted);
  t.false(parent.signal.aborted);
});

test('thousands of uses leave nothing at the parent', (t) => {
  const parent = new AbortController();
  for (let count = 0; count < 5000; count += 1) {
    using limit = within(parent.signal, 60_000);
    using other = linked(parent.signal);
    if (count % 2 === 0) other.abort(new Error('stop'));
    t.is(getEventListeners(parent.signal, 'abort').length, count % 2 === 0 ? 1 : 2);
    t.false(limit.signal.aborted);
  }
  t.is(getEventListeners(parent.signal, 'abort').length, 0);
});
