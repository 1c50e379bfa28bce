import { asBadState } from '../../frozen/bad-state.ts';
import { GocliError } from '../../errors/error.ts';
import { thaw, type SavedState, type Thawed } from '../../frozen/thaw.ts';
import { readAttachment, type IntactTemplate } from '../../frozen/templates.ts';
import type { Steps } from '../../events/steps.ts';
import { allOf, together } from '../../shared/all.ts';
import { formatSeconds } from '../../shared/text.ts';
import type { Presumption, WaitOptions } from '../../waiting/condition.ts';
import { inTime } from '../../waiting/in-time.ts';
import type { RigLayout } from '../container-specs.ts';
import type { RigDeps } from '../deps.ts';
import { launchClaimed, type Claimed, type Running } from './launch-claimed.ts';
import { allContainers, machinesOf, type Launched } from './launch.ts';
import { tellPresumed } from './starting.ts';
import { STATE_FILE, writeSecret, writeState, type RigState } from '../state.ts';
import { whileAlive } from '../watchdog.ts';
import { parseKeys, type RigKeys } from '../template/keys.ts';
import { kindOf, type Thawed as Thawing } from '../kind.ts';

/** Milliseconds one look may take: what is cut off has to be begun again. */
const LOOK_MS = 20_000;

/** What is waited for beside the conditions of the kind. */
const LOADED = 'the state of all machines is loaded';
const CLOCKS = 'the clocks are set';

/** @throws BadState NOT_FOUND; GocliError BAD_FILE, DOCKER */
export async function keysOf(template: IntactTemplate, deps: RigDeps): Promise<RigKeys> {
  const text = await readAttachment(deps.docker, template).catch((error: unknown) => {
    throw asBadState(error, 'NOT_FOUND');
  });
  return parseKeys(text);
}

/** Keeps the keys of a rig in its state folder. */
export async function writeAccess(
  keys: RigKeys,
  state: RigState,
  { paths, kinds }: Pick<RigDeps, 'paths' | 'kinds'>,
): Promise<void> {
  await writeSecret(paths, state.name, STATE_FILE.sshKey, keys.sshPrivateKey);
  const files = kindOf(kinds, state.plan.guest).keyFiles(state, keys);
  for (const [file, text] of Object.entries(files)) await writeSecret(paths, state.name, file, text);
}

/**
 * Starts the containers of a claimed cluster, and meanwhile writes down what one needs to talk to it.
 * @throws GocliError what {@link launchClaimed} throws
 */
export function launchWithAccess(claimed: Claimed, keys: RigKeys, deps: RigDeps): Promise<Running> {
  const write = (state: RigState): Promise<unknown> =>
    allOf([writeState(deps.paths, state), writeAccess(keys, state, deps)]);
  return launchClaimed(claimed, write, deps);
}

export interface ThawStart {
  readonly state: RigState;
  readonly layout: Pick<RigLayout, 'plan'>;
  readonly launched: Launched;
  readonly saved: SavedState;
  /** What has to be done before the machines go on. */
  readonly before?: (() => Promise<unknown>) | undefined;
  readonly keys: RigKeys;
  /** Milliseconds for all of it. */
  readonly timeoutMs: number;
}

/**
 * Lets the machines of launched containers go on from their saved state, and waits until the cluster proves to be
 * Ready. The clocks are right before that is said.
 * @throws GocliError TIMEOUT with all that was still waited for, and whatever the thaw meets
 */
export async function goOnThawed(
  start: ThawStart,
  steps: Steps,
  deps: RigDeps,
  signal: AbortSignal,
): Promise<void> {
  const { launched, saved, timeoutMs } = start;
  const waiting = new Map([[LOADED, 'not yet']]);
  const presumed = new Map<string, Presumption>();
  await whileAlive(deps.docker, allContainers(launched), signal, async (alive) => {
    const late = (cause?: unknown): GocliError => lateError(start, waiting, cause);
    await inTime(late, { signal: alive, timeoutMs }, async (bounded) => {
      await using thawed = await steps.run('thaw', 'Thawing the machines', () =>
        thaw(machinesOf(launched), saved, deps, bounded, start.before),
      );
      waiting.delete(LOADED);
      await proveReady(start, thawed, { unmet: waiting, presumed }, { steps, deps, signal: bounded });
    });
  });
  tellPresumed(start.state.name, presumed, deps);
}

async function proveReady(
  start: ThawStart,
  thawed: Thawed,
  { unmet, presumed }: Required<Pick<WaitOptions, 'unmet' | 'presumed'>>,
  { steps, deps, signal }: { readonly steps: Steps; readonly deps: RigDeps; readonly signal: AbortSignal },
): Promise<void> {
  await steps.run('thawed', 'Waiting until the cluster is Ready', async (step) => {
    const kind = kindOf(deps.kinds, start.state.plan.guest);
    const options: Omit<WaitOptions, 'signal'> = {
      clock: deps.clock,
      timeoutMs: start.timeoutMs,
      intervalMs: 25,
      checkMs: LOOK_MS,
      unmet,
      presumed,
      onObserved: (message) => {
        step.progress({ message });
      },
    };
    unmet.set(CLOCKS, 'a guest agent did not answer yet');
    const setClocks = async (one: AbortSignal): Promise<void> => {
      await steps.detail('clock', CLOCKS, () => thawed.confirm(one));
      unmet.delete(CLOCKS);
      const script = kind.tellGuests?.(start.state);
      if (script !== undefined) await thawed.tell(script, one);
    };
    let clocksSet: Promise<void> = Promise.resolve();
    const confirm = (one: AbortSignal): Promise<void> => (clocksSet = setClocks(one));
    const inGuests: Thawing['inGuests'] = async (scripts, one) => {
      await clocksSet;
      return thawed.run(scripts, one);
    };
    const machines: Thawing = { ...start, inGuests };
    const prove = (one: AbortSignal): Promise<void> =>
      kind.afterThaw(machines, steps, { ...options, signal: one });
    const proofs = [confirm, prove];
    await together(proofs, signal, (proof, one) => proof(one));
  });
}

function lateError(
  { state, timeoutMs }: ThawStart,
  waiting: ReadonlyMap<string, string>,
  cause: unknown,
): GocliError {
  const message = `cluster "${state.name}" did not go on from its saved state within ${formatSeconds(timeoutMs / 1000)}`;
  return new GocliError('TIMEOUT', message, {
    observed: [...waiting].map(([name, seen]) => `${name}: ${seen}`).join('\n'),
    hint: 'On a slow or busy host give it more time: --timeout SECONDS',
    cause,
  });
}
