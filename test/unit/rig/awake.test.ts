import test from 'ava';
import { requireAwake } from '../../../gocli-ts/src/rig/find.ts';
import { stateOf } from '../../helpers/engine.ts';

test('of a stopped or paused cluster every command says what to type', (t) => {
  t.notThrows(() => {
    requireAwake(stateOf());
    requireAwake(undefined);
  });
  const cases = [
    [{ stopped: true }, 'gocli start --name c'],
    [{ paused: true }, 'gocli resume --name c'],
  ] as const;
  for (const [changed, command] of cases) {
    const error = t.throws(
      () => {
        requireAwake(stateOf(changed));
      },
      { code: 'NOT_READY' },
    );
    t.like(error, { hint: `Type: ${command}`, exitCode: 8 });
  }
});
