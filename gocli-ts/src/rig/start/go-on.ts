import { asBadState } from '../../frozen/bad-state.ts';
import { thaw, type SavedState } from '../../frozen/thaw.ts';
import { readAttachment, type IntactTemplate } from '../../frozen/templates.ts';
import type { Steps } from '../../events/steps.ts';
import { allOf, together } from '../../shared/all.ts';
import { within } from '../../shared/limit.ts';
import type { WaitOptions } from '../../waiting/condition.ts';
import type { RigLayout, Origin } from '../containers.ts';
import type { RigDeps } from '../deps.ts';
import { allContainers, launch, machinesOf, type Launched, type Started } from './launch.ts';
import { writeSecret, writeState, type RigState } from '../state.ts';
import { whileAlive } from '../watchdog.ts';
import { parseKeys, type RigKeys } from '../template/keys.ts';
import { kindOf } from '../kind.ts';

/** A thaw that takes longer failed: it takes a second, on a busy host some. */
const THAW_MS = 90_000;
/** Milliseconds one look may take: what is cut off has to be begun again. */
const LOOK_MS = 20_000;

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
  await writeSecret(paths, state.name, 'id_ed25519', keys.sshPrivateKey);
  const { kubeconfig } = kindOf(kinds, state.plan.guest).keyFiles(state, keys);
  if (kubeconfig !== undefined) await writeSecret(paths, state.name, 'kubeconfig', kubeconfig);
}

interface Claimed {
  readonly layout: RigLayout;
  readonly network: Started;
  readonly origin: Origin;
  readonly state: RigState;
  readonly keys: RigKeys;
}

/** Starts the containers of a claimed cluster, and meanwhile writes down what one needs to talk to it. */
export function launchWithAccess(
  { layout, network, origin, state, keys }: Claimed,
  steps: Steps,
  deps: RigDeps,
): Promise<Launched> {
  return steps.run('containers', 'Starting the containers', async () => {
    const [launched] = await allOf([
      launch(layout, network, origin, deps),
      writeState(deps.paths, state),
      writeAccess(keys, state, deps),
    ]);
    return launched;
  });
}

export interface ThawStart {
  readonly state: RigState;
  readonly layout: Pick<RigLayout, 'plan'>;
  readonly launched: Launched;
  readonly saved: SavedState;
  /** What has to be done before the machines go on. */
  readonly before?: (() => Promise<unknown>) | undefined;
  readonly keys: RigKeys;
  readonly timeoutMs: number;
}

/**
 * Lets the machines of launched containers go on from their saved state, and waits until the cluster proves to be
 * Ready. The clocks are right before that is said.
 * @throws GocliError TIMEOUT when it takes longer than a thaw may, and whatever the thaw meets
 */
export async function goOnThawed(
  start: ThawStart,
  steps: Steps,
  deps: RigDeps,
  signal: AbortSignal,
): Promise<void> {
  const { launched, saved } = start;
  const { docker, clock } = deps;
  await whileAlive(docker, allContainers(launched), signal, async (alive) => {
    using limit = within(alive, Math.min(THAW_MS, start.timeoutMs));
    const bounded = limit.signal;
    await using thawed = await steps.run('thaw', 'Thawing the machines', () =>
      thaw(machinesOf(launched), saved, deps, bounded, start.before),
    );
    await steps.run('thawed', 'Waiting until the cluster is Ready', async (step) => {
      const kind = kindOf(deps.kinds, start.state.plan.guest);
      const options: Omit<WaitOptions, 'signal'> = {
        clock,
        timeoutMs: Math.min(THAW_MS, start.timeoutMs),
        intervalMs: 25,
        checkMs: LOOK_MS,
        onObserved: (message) => {
          step.progress({ message });
        },
      };
      const proofs = [
        (one: AbortSignal) => steps.detail('clock', 'the clocks are set', () => thawed.confirm(one)),
        (one: AbortSignal) => kind.afterThaw(start, steps, { ...options, signal: one }),
      ];
      await together(proofs, bounded, (prove, one) => prove(one));
    });
  });
}
