import test from 'ava';
import { GocliError } from '../../../gocli-ts/src/errors/error.ts';
import {
  type Condition,
  type Observation,
  type Presumption,
  waitFor,
} from '../../../gocli-ts/src/waiting/condition.ts';
import { FakeClock } from '../../fakes/clock.ts';

const never = new AbortController().signal;

function condition(answers: readonly (Observation | Error)[]): Condition & { looks: number } {
  const result = {
    name: 'the thing is there',
    hint: 'look again',
    looks: 0,
    check: () => {
      const answer = answers[Math.min(result.looks, answers.length - 1)] ?? new Error('no answer given');
      result.looks += 1;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  return result;
}

const no = (observed: string): Observation => ({ met: false, observed });

test('it looks until the condition is met, at the interval, and reports what changed', async (t) => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const one = condition([no('a'), no('a'), new Error('refused'), { met: true }]);
  await waitFor(one, {
    clock,
    signal: never,
    timeoutMs: 1000,
    intervalMs: 50,
    onObserved: (text) => seen.push(text),
  });
  t.is(one.looks, 4);
  t.deepEqual(clock.sleeps, [50, 50, 50]);
  t.deepEqual(seen, ['a', 'refused']);
});

test('what is not met is in the list of those as it was seen last, and off it when it is', async (t) => {
  const unmet = new Map<string, string>();
  const seen: unknown[] = [];
  const answers = [no('a'), { met: true } as const];
  const one: Condition = {
    name: 'the thing is there',
    check: () => {
      seen.push([...unmet]);
      return Promise.resolve(answers.shift() ?? { met: true });
    },
  };
  await waitFor(one, { clock: new FakeClock(), signal: never, timeoutMs: 1000, unmet });
  t.deepEqual(seen, [[['the thing is there', 'nothing yet']], [['the thing is there', 'a']]]);
  t.is(unmet.size, 0);
});

test('a condition that holds already needs no sleep', async (t) => {
  const clock = new FakeClock();
  await waitFor(condition([{ met: true }]), { clock, signal: never, timeoutMs: 0 });
  t.deepEqual(clock.sleeps, []);
});

test('after the timeout the error has the name, the last observation and the hint', async (t) => {
  const clock = new FakeClock();
  const waiting = waitFor(condition([no('first'), no('last')]), { clock, signal: never, timeoutMs: 1000 });
  const error = await t.throwsAsync(waiting, {
    code: 'TIMEOUT',
    message: 'the thing is there: not within 1.0 s',
  });
  t.like(error, { observed: 'last seen: last', hint: 'look again' });
  t.is(clock.monotonic(), 1000);
});

test('a GocliError of the check ends the wait', async (t) => {
  const died = new GocliError('GUEST_DIED', 'gone');
  const waiting = waitFor(condition([no('x'), died]), {
    clock: new FakeClock(),
    signal: never,
    timeoutMs: 1000,
  });
  await t.throwsAsync(waiting, { is: died });
});

test('a look that takes too long is given up and counts as not met', async (t) => {
  let looks = 0;
  const hanging: Condition = {
    name: 'it answers',
    check: (signal) => {
      looks += 1;
      if (looks > 1) return Promise.resolve({ met: true });
      return new Promise((_, reject) => {
        // A timer keeps the process alive while it waits, as a socket would.
        const timer = setTimeout(() => undefined, 10_000);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(new Error('aborted'));
        });
      });
    },
  };
  const seen: string[] = [];
  const options = { clock: new FakeClock(), signal: never, timeoutMs: 1000, checkMs: 100 };
  await waitFor(hanging, { ...options, onObserved: (text) => seen.push(text) });
  t.deepEqual(seen, ['no answer within 0.1 s']);
});

test('an abort rejects with its reason, during a look and during a sleep', async (t) => {
  const reason = new GocliError('INTERRUPTED', 'Ctrl-C');
  for (const when of ['look', 'sleep']) {
    const stop = new AbortController();
    const check = (): Promise<Observation> => {
      if (when === 'look') stop.abort(reason);
      else
        setImmediate(() => {
          stop.abort(reason);
        });
      return when === 'look' ? Promise.reject(new Error('socket closed')) : Promise.resolve(no('x'));
    };
    const waiting = waitFor(
      { name: 'x', check },
      { clock: new FakeClock(), signal: stop.signal, timeoutMs: 60_000 },
    );
    await t.throwsAsync(waiting, { is: reason }, when);
  }
});

const maybe = (state: string): Observation => ({ met: true, presumed: { why: 'nobody can tell', state } });

test('what is only presumed counts when it stood still for a while, and is told', async (t) => {
  const clock = new FakeClock();
  const presumed = new Map<string, Presumption>();
  const options = { clock, signal: never, timeoutMs: 60_000, intervalMs: 500, presumeMs: 2000, presumed };
  const still = condition([maybe('a'), maybe('b'), no('it can be told'), maybe('b')]);
  t.deepEqual(await waitFor(still, options), maybe('b'));
  t.is(still.looks, 3 + 5);
  t.deepEqual([...presumed], [['the thing is there', { why: 'nobody can tell', state: 'b' }]]);
});

test('what is presumed now and then counts after a longer while; long after it was, it begins anew', async (t) => {
  const clock = new FakeClock();
  const options = { clock, signal: never, timeoutMs: 600_000, intervalMs: 500, presumeMs: 1000 };
  const seen = (at: (look: number) => Observation): Condition & { looks: number } => ({
    name: 'the thing is there',
    looks: 0,
    check(): Promise<Observation> {
      this.looks += 1;
      return Promise.resolve(at(this.looks));
    },
  });
  const turns = seen((look) => (look % 2 === 1 ? maybe('a') : no('it starts')));
  await waitFor(turns, options);
  t.is(turns.looks, 1 + 12);
  // Refused at first and once much later, and known in the end.
  const rare = seen((look) =>
    [1, 40].includes(look) ? maybe('a') : look < 50 ? no('it starts') : { met: true },
  );
  await waitFor(rare, options);
  t.is(rare.looks, 50);
});

test('what comes true meanwhile is not presumed', async (t) => {
  const presumed = new Map<string, Presumption>();
  const one = condition([maybe('a'), { met: true }]);
  await waitFor(one, { clock: new FakeClock(), signal: never, timeoutMs: 60_000, presumed });
  t.deepEqual([one.looks, presumed.size], [2, 0]);
});

test('what changes for ever is no progress, and no time limit ends what is presumed', async (t) => {
  let looks = 0;
  const restless = { name: 'r', check: () => Promise.resolve(maybe(String((looks += 1)))) };
  const options = {
    clock: new FakeClock(),
    signal: never,
    timeoutMs: 60_000,
    intervalMs: 500,
    presumeMs: 1000,
  };
  await waitFor(restless, options);
  t.is(looks, 1 + 12);
  const late = condition([maybe('a')]);
  await waitFor(late, { ...options, timeoutMs: 0 });
  t.is(late.looks, 1);
});
