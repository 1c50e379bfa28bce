import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { detailOf, makeProgress, type ProgressMode } from '../../../../gocli-ts/src/cli/render/progress.ts';
import type { OperationEvent } from '../../../../gocli-ts/src/events/events.ts';
import { Captured } from '../../../helpers/captured.ts';

const ORIGIN = { operation: 'snapshot create', run: '01234567', rig: 'c' };

const EVENTS: readonly OperationEvent[] = [
  { type: 'step-start', id: 'boot', title: 'Booting', estimateSeconds: 20, ...ORIGIN },
  { type: 'step-progress', id: 'boot', message: 'kernel', ...ORIGIN },
  { type: 'log', source: 'kubeadm', line: '[init]', ...ORIGIN },
  { type: 'notice', level: 'warning', text: 'password=hunter22', ...ORIGIN },
  { type: 'notice', level: 'info', text: 'by the way', ...ORIGIN },
  { type: 'step-end', id: 'boot', title: 'Booting', outcome: 'done', seconds: 2.34, note: 'tcg', ...ORIGIN },
  { type: 'step-end', id: 'pull', title: 'Pulling', outcome: 'cached', seconds: 0, ...ORIGIN },
  { type: 'step-end', id: 'x', title: 'Trying', outcome: 'failed', seconds: 61, ...ORIGIN },
];

async function show(
  mode: ProgressMode,
  events = EVENTS,
  { verbose = false, isTTY = false } = {},
): Promise<string> {
  const stream = Object.assign(new Captured(), { isTTY, columns: 60, rows: 20 });
  const progress = await makeProgress(mode, stream, verbose);
  for (const event of events) progress.sink(event);
  progress.close();
  return stream.text;
}

test('plain progress is a line per start, end and notice', async (t) => {
  t.deepEqual((await show('plain')).split('\n'), [
    ' • Booting (took 20 s last time)',
    'Warning: password=(masked)',
    'by the way',
    ' ✓ Booting  2.3 s  (tcg)',
    ' ✓ Pulling  cached',
    ' ✗ Trying  1 min 01 s',
    '',
  ]);
  t.is(await show('auto'), await show('plain'));
});

test('under -v it has log lines and observations too', async (t) => {
  const text = await show('plain', EVENTS, { verbose: true });
  t.true(text.includes('   kubeadm: [init]\n') && text.includes('   kernel\n'));
});

test('quiet progress is warnings alone, masked', async (t) => {
  t.is(await show('none'), 'Warning: password=(masked)\n');
});

test('JSON progress is one object per event with its origin, masked', async (t) => {
  const lines = (await show('json'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OperationEvent);
  t.is(lines.length, EVENTS.length);
  t.deepEqual(lines[0], EVENTS[0]);
  t.like(lines[3], { text: 'password=(masked)' });
});

test('JSON progress stays JSON, whatever a text holds', async (t) => {
  const secret = fc.tuple(
    fc.constantFrom('password=', 'Authorization: Bearer ', 'https://a:', 'token: "'),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(secret, async ([prefix, text]) => {
      const output = await show('json', [{ type: 'notice', level: 'info', text: prefix + text, ...ORIGIN }]);
      t.like(JSON.parse(output), { type: 'notice' });
    }),
    { numRuns: 50 },
  );
});

test('on a terminal finished steps stay and nothing else does', async (t) => {
  const text = await show('auto', EVENTS, { isTTY: true });
  t.true(text.includes(' ✓ Booting  2.3 s  (tcg)\n'));
  t.true(text.includes('Booting  0.0 s of about 20 s'));
  t.false(text.includes('hunter22'));
});

test('what a step does right now: words and bytes', (t) => {
  const at = { type: 'step-progress', id: 'x' } as const;
  t.is(detailOf(at), '');
  t.is(detailOf({ ...at, message: 'layer 1', bytes: 1024, totalBytes: 2048 }), 'layer 1 1.0 KiB of 2.0 KiB');
  t.is(detailOf({ ...at, bytes: 10 }), '10 B');
});

test('plain progress tells what runs again while nothing begins or ends', async (t) => {
  const stream = Object.assign(new Captured(), { isTTY: false, columns: 60, rows: 20 });
  const progress = await makeProgress('plain', stream, false, 40);
  t.teardown(() => {
    progress.close();
  });
  progress.sink({ type: 'step-start', id: 'boot', title: 'Booting', estimateSeconds: 20, ...ORIGIN });
  progress.sink({ type: 'step-progress', id: 'boot', message: 'kernel', ...ORIGIN });
  const said = ` • Booting (took 20 s last time)\n`;
  while (stream.text === said) await delay(10);
  t.regex(stream.text.slice(said.length), /^ … Booting {2}\d.*s \(took 20 s last time\) {2}kernel\n/);
  progress.sink({ type: 'step-start', id: 'pull', title: 'Pulling', ...ORIGIN });
  const both = stream.text;
  while (stream.text === both) await delay(10);
  t.regex(stream.text.slice(both.length), /^ … Booting .*\n … Pulling .*\n/, 'each of those that run');
  progress.sink({ type: 'step-end', id: 'pull', title: 'Pulling', outcome: 'done', seconds: 1, ...ORIGIN });
  progress.sink({ type: 'step-end', id: 'boot', title: 'Booting', outcome: 'done', seconds: 2, ...ORIGIN });
  const ended = stream.text;
  await delay(120);
  t.is(stream.text, ended, 'nothing runs any more');
});
