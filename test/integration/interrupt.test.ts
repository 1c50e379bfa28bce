import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import type { GocliEvent } from '../../gocli-ts/src/events/events.ts';
import { GOCLI_BIN, openSandbox, runArguments, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('the tiny provider image', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker);
});

test.after.always('nothing stays', () => sandbox.close());

const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT;

interface Interrupted {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** Milliseconds from the signal to the end of the process. */
  readonly afterMs: number;
}

/** Starts gocli as a child of its own and sends it a signal so many milliseconds after an event, or after its start. */
async function interrupt(
  argv: readonly string[],
  signal: Signal,
  after: { readonly event?: (event: GocliEvent) => boolean; readonly ms: number },
): Promise<Interrupted> {
  const child = spawn(process.execPath, [GOCLI_BIN, ...argv, '--progress', 'json'], {
    env: { ...process.env, ...sandbox.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  let sentAt = 0;
  let armed = false;
  const arm = (): void => {
    if (armed) return;
    armed = true;
    setTimeout(() => {
      sentAt = performance.now();
      child.kill(signal);
    }, after.ms);
  };
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    const event = JSON.parse(line) as GocliEvent;
    if (after.event?.(event) === true) arm();
  });
  if (after.event === undefined) arm();
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stderr, afterMs: performance.now() - sentAt };
}

async function expectGone(
  t: ExecutionContext,
  name: string,
  signal: Signal,
  result: Interrupted,
): Promise<void> {
  t.is(result.exitCode, EXIT[signal], result.stderr);
  t.regex(result.stderr, /GOCLI-E700/);
  t.deepEqual(await sandbox.leftovers(name), []);
}

const begins = (id: string) => (event: GocliEvent) => event.type === 'step-start' && event.id === id;

/** From the loading of the program to the wait for the machine; the containers step makes most, so it gets most. */
const MOMENTS: readonly (readonly [id: string | undefined, ms: number])[] = [
  [undefined, 250],
  ['prepare', 0],
  ['containers', 0],
  ['containers', 40],
  ['containers', 120],
  ['containers', 250],
  ['containers', 400],
  ['containers', 600],
  ['containers', 900],
  ['boot', 0],
  ['boot', 700],
];

for (const [at, [id, ms]] of MOMENTS.entries()) {
  const signal: Signal = at % 2 === 0 ? 'SIGINT' : 'SIGTERM';
  test.serial(`${signal} ${ms} ms after ${id ?? 'the start'} leaves nothing`, async (t) => {
    const name = sandbox.name();
    const event = id === undefined ? {} : { event: begins(id) };
    const argv = [...runArguments(image, name), '--no-template'];
    await expectGone(t, name, signal, await interrupt(argv, signal, { ...event, ms }));
  });
}

test.serial(
  '--keep-on-failure is for failures: an interrupted run leaves nothing all the same',
  async (t) => {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--no-template', '--keep-on-failure'];
    await expectGone(
      t,
      name,
      'SIGTERM',
      await interrupt(argv, 'SIGTERM', { event: begins('boot'), ms: 100 }),
    );
  },
);

test.serial('a signal while the template is made leaves the cluster, which is Ready', async (t) => {
  for (const ms of [0, 150]) {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--fresh'];
    const result = await interrupt(argv, 'SIGINT', { event: begins('freeze'), ms });
    t.is(result.exitCode, 130, result.stderr);
    t.regex(result.stderr, /is Ready and runs on/);
    t.is((await sandbox.cli('status', name)).exitCode, 0);
    t.is((await sandbox.cli('rm', name)).exitCode, 0);
    t.deepEqual(await sandbox.leftovers(name), []);
  }
});

test.serial('a signal during a thaw leaves nothing, and the template as it was', async (t) => {
  const first = sandbox.name();
  t.is((await sandbox.run(image, first)).exitCode, 0);
  for (const [id, ms] of [
    ['containers', 100],
    ['containers', 350],
    ['thaw', 0],
    ['thawed', 0],
    ['thawed', 100],
  ] as const) {
    const name = sandbox.name();
    const event = begins(id);
    await expectGone(
      t,
      name,
      'SIGTERM',
      await interrupt(runArguments(image, name), 'SIGTERM', { event, ms }),
    );
  }
  const last = sandbox.name();
  const again = await sandbox.run(image, last, '-o', 'json');
  t.true((JSON.parse(again.stdout) as { thawed: boolean }).thawed);
  for (const name of [first, last]) t.is((await sandbox.cli('rm', name)).exitCode, 0);
});

test.serial('an interrupted run leaves a cluster of the same name alone', async (t) => {
  const name = sandbox.name();
  const first = await sandbox.run(image, name);
  t.is(first.exitCode, 0, first.stderr);
  for (const ms of [150, 300, 500, 700]) await interrupt(runArguments(image, name), 'SIGINT', { ms });
  t.is((await sandbox.cli('status', name)).exitCode, 0);

  // rm under fire: whatever it left, another one removes; and it never half-answers with success.
  const results = [];
  for (const ms of [200, 350, 500]) {
    results.push(await interrupt(['rm', name], 'SIGTERM', { ms }));
    if (results.at(-1)?.exitCode === 0) t.deepEqual(await sandbox.leftovers(name), []);
  }
  t.true(results.every(({ exitCode }) => exitCode === 0 || exitCode === 143));
  t.is((await sandbox.cli('rm', name)).exitCode, 0);
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('a second signal ends the process at once; what it left goes with rm', async (t) => {
  const name = sandbox.name();
  const child = spawn(
    process.execPath,
    [GOCLI_BIN, ...runArguments(image, name), '--no-template', '--progress', 'json'],
    {
      env: { ...process.env, ...sandbox.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!begins('boot')(JSON.parse(line) as GocliEvent)) return;
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 5);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  t.is(exitCode, 130);
  t.is((await sandbox.cli('rm', name)).exitCode, 0);
  t.deepEqual(await sandbox.leftovers(name), []);
});
