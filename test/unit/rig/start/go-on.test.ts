import test from 'ava';
import type { Kind } from '../../../../gocli-ts/src/rig/kind.ts';
import type { RigDeps } from '../../../../gocli-ts/src/rig/deps.ts';
import { startStopped } from '../../../../gocli-ts/src/rig/start/stopped.ts';
import { allMet } from '../../../../gocli-ts/src/waiting/all-met.ts';
import type { Condition } from '../../../../gocli-ts/src/waiting/condition.ts';
import { tinyKind } from '../../../kinds/tiny.ts';
import { makeSaving, stepsOf, stop, type Saving } from '../../../helpers/saving.ts';

/** The kind of the tiny guest whose rigs are Ready after a thaw when these hold. */
function waitingFor(...conditions: Condition[]): Kind {
  return { ...tinyKind, afterThaw: (_thawed, steps, options) => allMet(conditions, steps, options) };
}

function hangs(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    // What hangs keeps no process alive, as a socket does.
    const alive = setTimeout(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearTimeout(alive);
      reject(signal.reason as Error);
    });
  });
}

async function startWithin(saving: Saving, timeoutMs: number, deps: RigDeps): Promise<unknown> {
  const found = await saving.found();
  return startStopped(found, { timeoutMs, pinnedPorts: {} }, stepsOf(deps), deps);
}

test('a start that is late says what it waited for and saw last, and how to give it more time', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const kind = waitingFor(
    { name: 'the API answers', check: () => Promise.resolve({ met: true }) },
    { name: 'DNS answers', check: hangs },
    { name: 'the node is Ready', check: hangs },
  );
  const error = await t.throwsAsync(startWithin(saving, 200, saving.run('late', { kinds: [kind] })), {
    code: 'TIMEOUT',
    message: 'cluster "c" did not go on from its saved state within 0.2 s',
  });
  t.like(error, { observed: 'DNS answers: nothing yet\nthe node is Ready: nothing yet', exitCode: 6 });
  t.regex((error as unknown as { hint: string }).hint, /gocli start --name c.*--timeout/);
  t.is(await saving.phase(), 'stopped');
});

test('a load that takes too long is late, too', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const { docker } = saving.engine;
  const { before } = docker;
  docker.before = async (method, args) => {
    await before(method, args);
    if (method === 'containers.exec' && JSON.stringify(args[1]).includes('cp -a'))
      await new Promise((resolve) => setTimeout(resolve, 300));
  };
  const error = await t.throwsAsync(startWithin(saving, 200, saving.run('late')), { code: 'TIMEOUT' });
  t.like(error, { observed: 'the state of all machines is loaded: not yet' });
});

test('a condition that is looked at in vain has the limit of the user, not one of its own', async (t) => {
  const saving = await makeSaving(t);
  await stop(saving);
  const { clock } = saving.engine;
  let looks = 0;
  const slow: Condition = {
    name: 'the node is Ready',
    check: () => {
      looks += 1;
      clock.advance(60_000);
      return Promise.resolve(looks > 5 ? { met: true } : { met: false, observed: 'NotReady' });
    },
  };
  await startWithin(saving, 600_000, saving.run('slow', { kinds: [waitingFor(slow)] }));
  t.is(await saving.phase(), 'running');
});
