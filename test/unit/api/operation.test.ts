import test, { type ExecutionContext } from 'ava';
import { beginOperation, onRig } from '../../../gocli-ts/src/api/operation.ts';
import type { OperationEvent } from '../../../gocli-ts/src/events/events.ts';
import { addProvider, VM_FACTS } from '../../helpers/engine.ts';
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
  const operation = await beginOperation(execution, context);
  operation.emit(NOTICE);
  onRig(operation, 'a').emit(NOTICE);
  onRig(onRig(operation, 'a'), 'b').emit(NOTICE);
  const origin = { ...NOTICE, operation: 'stop', run: operation.run };
  t.deepEqual(events, [origin, { ...origin, rig: 'a' }, { ...origin, rig: 'b' }]);
  t.not((await beginOperation(execution, context)).run, operation.run);
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
