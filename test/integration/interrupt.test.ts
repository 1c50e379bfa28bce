import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { meddle, type Ended, type Moment } from '../helpers/meddle.ts';
import { openSandbox, runArguments, type Sandbox } from '../helpers/sandbox.ts';
import { tinyImage } from '../helpers/tiny-image.ts';

let sandbox: Sandbox;
let image: string;

test.before('the tiny provider image', async () => {
  sandbox = await openSandbox();
  image = await tinyImage(sandbox.docker);
});

test.after.always('nothing stays', () => sandbox.close());

const EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof EXIT;

/** Sends a signal to a gocli that knows nothing but the sandbox. */
function interrupt(argv: readonly string[], signal: Signal, moment: Moment): Promise<Ended> {
  return meddle(argv, moment, (child) => child.kill(signal), sandbox.env);
}

async function expectGone(t: ExecutionContext, name: string, signal: Signal, result: Ended): Promise<void> {
  t.is(result.exitCode, EXIT[signal], result.stderr);
  t.regex(result.stderr, /GOCLI-E700/);
  t.deepEqual(await sandbox.leftovers(name), []);
}

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
  const signal: Signal = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const)[at % 3] ?? 'SIGINT';
  test.serial(`${signal} ${ms} ms after ${id ?? 'the start'} leaves nothing`, async (t) => {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--no-template'];
    const result = await interrupt(argv, signal, { step: id, ms });
    // On a busy host the program may not be loaded by then: the signal ends it before it has made anything.
    if (id === undefined && result.exitCode === null) t.deepEqual(await sandbox.leftovers(name), []);
    else await expectGone(t, name, signal, result);
  });
}

test.serial('a start that was to make a template leaves nothing of it', async (t) => {
  for (const [step, ms] of [
    ['containers', 300],
    ['boot', 200],
  ] as const) {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--fresh'];
    await expectGone(t, name, 'SIGINT', await interrupt(argv, 'SIGINT', { step, ms }));
  }
});

test.serial('a reader of the progress that goes away ends the run in order', async (t) => {
  for (const ms of [0, 120, 400]) {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--no-template'];
    const close = (child: ChildProcess): unknown => child.stderr?.destroy();
    const { exitCode } = await meddle(argv, { step: 'containers', ms }, close, sandbox.env);
    // It is known by the next line that is written. Where a fast host has nothing left to do by then, it was no failure.
    if (exitCode === 0 && ms > 0) {
      t.is((await sandbox.cli('status', name)).exitCode, 0);
      t.is((await sandbox.cli('rm', name)).exitCode, 0);
    } else {
      t.is(exitCode, 141);
    }
    t.deepEqual(await sandbox.leftovers(name), []);
  }
});

test.serial(
  '--keep-on-failure is for failures: an interrupted run leaves nothing all the same',
  async (t) => {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--no-template', '--keep-on-failure'];
    await expectGone(t, name, 'SIGTERM', await interrupt(argv, 'SIGTERM', { step: 'boot', ms: 100 }));
  },
);

test.serial('a signal while the template is made leaves the cluster, which is Ready', async (t) => {
  for (const ms of [0, 150]) {
    const name = sandbox.name();
    const argv = [...runArguments(image, name), '--fresh'];
    const result = await interrupt(argv, 'SIGINT', { step: 'freeze', ms });
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
    await expectGone(
      t,
      name,
      'SIGTERM',
      await interrupt(runArguments(image, name), 'SIGTERM', { step: id, ms }),
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
  // On a busy host the signal may come while the program is still being loaded, and end it without a code.
  const codes = results.map(({ exitCode }) => exitCode);
  t.true(
    codes.every((code) => code === null || code === 0 || code === 143),
    String(codes),
  );
  t.is((await sandbox.cli('rm', name)).exitCode, 0);
  t.deepEqual(await sandbox.leftovers(name), []);
});

test.serial('a second signal ends the process at once; what it left goes with rm', async (t) => {
  const name = sandbox.name();
  const argv = [...runArguments(image, name), '--no-template'];
  const twice = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGINT');
    await delay(5);
    child.kill('SIGINT');
  };
  const { exitCode } = await meddle(argv, { step: 'boot' }, twice, sandbox.env);
  t.is(exitCode, 130);
  t.is((await sandbox.cli('rm', name)).exitCode, 0);
  t.deepEqual(await sandbox.leftovers(name), []);
});
