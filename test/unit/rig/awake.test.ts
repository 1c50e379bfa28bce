import test from 'ava';
import { requireAwake, type FoundRig } from '../../../gocli-ts/src/rig/find.ts';
import type { RigState } from '../../../gocli-ts/src/rig/state.ts';
import { stateOf } from '../../helpers/engine.ts';

const foundOf = (changed: Partial<RigState> = {}): FoundRig => ({
  name: 'c',
  containers: [],
  state: stateOf(changed),
});

test('of a stopped or paused cluster every command says what to type', (t) => {
  t.notThrows(() => {
    requireAwake(foundOf());
  });
  const cases = [
    [{ stopped: true }, 'gocli start --name c'],
    [{ paused: true }, 'gocli resume --name c'],
  ] as const;
  for (const [changed, command] of cases) {
    const error = t.throws(
      () => {
        requireAwake(foundOf(changed));
      },
      { code: 'NOT_READY' },
    );
    t.like(error, { hint: `Type: ${command}`, exitCode: 8 });
  }
});
