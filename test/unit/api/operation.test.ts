import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { operate } from '../../../gocli-ts/src/api/operation.ts';
import type { OperationEvent } from '../../../gocli-ts/src/events/events.ts';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import { LABEL } from '../../../gocli-ts/src/place/labels.ts';
import { onRig } from '../../../gocli-ts/src/rig/deps.ts';
import { findRig } from '../../../gocli-ts/src/rig/find.ts';
import { up } from '../../../gocli-ts/src/rig/up.ts';
import { addProvider, requestFor, VM_FACTS } from '../../helpers/engine.ts';
import { makeConsole, type Console } from '../../helpers/console.ts';

const NOTICE = { type: 'notice', level: 'info', text: 'x' } as const;

test('what an operation tells carries its name and its run, and the rig once it is known', async (t) => {
  const { engine, context } = await makeConsole(t);
  const events: OperationEvent[] = [];
  const execution = {
    operation: 'stop',
    onEvent: (event: OperationEvent) => events.push(event),
    signal: engine.signal,
  };
  const runs = new Set<string>();
  for (let turn = 0; turn < 2; turn += 1) {
    events.length = 0;
    await operate(execution, context, (operation) => {
      operation.emit(NOTICE);
      onRig(operation, 'a').emit(NOTICE);
      onRig(onRig(operation, 'a'), 'b').emit(NOTICE);
      const origin = { ...NOTICE, operation: 'stop', run: operation.run };
      t.deepEqual(events, [origin, { ...origin, rig: 'a' }, { ...origin, rig: 'b' }]);
      runs.add(operation.run);
      return Promise.resolve();
    });
  }
  t.is(runs.size, 2);
});

test('a listener that throws changes nothing of the work, and its first error comes when that is over', async (t) => {
  const { engine, context } = await makeConsole(t);
  const { docker } = engine;
  const image = addProvider(docker, VM_FACTS);
  let told = 0;
  const onEvent = (): void => {
    told += 1;
    throw new Error(`disk full ${told}`);
  };
  const execution = { operation: 'run', onEvent, signal: engine.signal };
  const work = operate(execution, context, (own) => up(requestFor(image), own));
  await t.throwsAsync(work, { message: 'disk full 1' });
  t.true(told > 1);
  t.truthy((await findRig(docker, engine.paths, 'c'))?.state?.readyAt);

  docker.failNext('containers.start', new GocliError('DOCKER', 'no'));
  const failing = operate(execution, context, (own) => up(requestFor(image, { name: 'd' }), own));
  await t.throwsAsync(failing, { message: 'no' }, 'what the work itself throws says more');
  t.deepEqual(await docker.containers.list({ [LABEL.cluster]: 'd' }), []);
});

test('nor does an asynchronous listener that rejects, which would end the process', async (t) => {
  const { context } = await makeConsole(t);
  const { signal } = context;
  const onEvent = (() => Promise.reject(new Error('their server is gone'))) as () => void;
  const work = operate({ operation: 'run', onEvent, signal }, context, async ({ emit }) => {
    emit({ type: 'notice', level: 'info', text: 'told' });
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
  await t.throwsAsync(work, { message: 'their server is gone' });
});

async function eventsOf(console: Console, ...argv: string[]): Promise<OperationEvent[]> {
  const { stderr } = await console.run(...argv, '--progress', 'json');
  const lines = stderr.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as OperationEvent).filter((event) => 'type' in event);
}

async function withRig(t: ExecutionContext): Promise<Console> {
  const console = await makeConsole(t);
  addProvider(console.engine.docker, VM_FACTS);
  const { code, stderr } = await console.run('run', 'vm-1');
  t.is(code, 0, stderr);
  return console;
}

test('the command line shows the origin of each event in JSON', async (t) => {
  const console = await withRig(t);
  const { docker } = console.engine;
  const silent = docker.onConnect;
  // Nobody waits for a monitor that is closed.
  docker.onConnect = (argv, container) =>
    argv.some((word) => word.includes('qmp')) ? new PassThrough().end() : silent(argv, container);
  for (const [argv, operation, rig] of [
    [['snapshot', 'create', 'clean'], 'snapshot create', 'vm-1'],
    [['stop', '--all'], 'stop', 'vm-1'],
    [['run', 'vm-1', '--name', 'two'], 'run', 'two'],
  ] as const) {
    const events = await eventsOf(console, ...argv);
    t.true(events.length > 0);
    t.is(new Set(events.map(({ run }) => run)).size, 1);
    for (const event of events) t.like(event, { operation, rig });
  }
});
