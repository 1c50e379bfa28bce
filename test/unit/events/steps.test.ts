import test from 'ava';
import type { GocliEvent } from '../../../gocli-ts/src/events/events.ts';
import { Steps } from '../../../gocli-ts/src/events/steps.ts';
import { FakeClock } from '../../fakes/clock.ts';

function setUp(estimates?: Record<string, number>): { steps: Steps; clock: FakeClock; events: GocliEvent[] } {
  const clock = new FakeClock();
  const events: GocliEvent[] = [];
  return { steps: new Steps((event) => events.push(event), clock, estimates), clock, events };
}

test('a step is reported with its estimate, progress, note and time', async (t) => {
  const { steps, clock, events } = setUp({ boot: 20 });
  const result = await steps.run('boot', 'Booting', (step) => {
    clock.advance(1500);
    step.progress({ message: 'kernel' });
    step.note('tcg');
    return Promise.resolve(42);
  });
  t.is(result, 42);
  t.deepEqual(events, [
    { type: 'step-start', id: 'boot', title: 'Booting', estimateSeconds: 20 },
    { type: 'step-progress', id: 'boot', message: 'kernel' },
    { type: 'step-end', id: 'boot', title: 'Booting', outcome: 'done', seconds: 1.5, note: 'tcg' },
  ]);
  t.is(steps.elapsed(), 1.5);
});

test('a step that fails is reported and the error goes on', async (t) => {
  const { steps, events } = setUp();
  const error = new Error('broken');
  await t.throwsAsync(
    steps.run('a', 'A', () => Promise.reject(error)),
    { is: error },
  );
  t.like(events.at(-1), { type: 'step-end', outcome: 'failed' });
});

test('timings keep the order of the ends, with starts relative to the first step', async (t) => {
  const { steps, clock } = setUp();
  await steps.run('a', 'A', (step) => {
    step.cached();
    return Promise.resolve();
  });
  clock.advance(2000);
  await steps.run('b', 'B', () => {
    clock.advance(500);
    return Promise.resolve();
  });
  t.deepEqual(steps.timings, [
    { id: 'a', title: 'A', startSeconds: 0, seconds: 0, outcome: 'cached' },
    { id: 'b', title: 'B', startSeconds: 2, seconds: 0.5, outcome: 'done' },
  ]);
});
