import { GocliError, isCode } from '../../errors/error.ts';
import { LABEL } from '../../place/labels.ts';
import { allOf } from '../../shared/all.ts';
import type { RigLayout } from '../container-specs.ts';
import { type RigDeps, notice } from '../deps.ts';
import { movedPorts, portsInstead, portsOf } from '../host-ports.ts';
import { rigId } from '../identity.ts';
import type { Origin } from '../machines.ts';
import { removeContainers } from '../remove.ts';
import type { RigState } from '../state.ts';
import { claim, launch, type Launched, type Started } from './launch.ts';

/** How often other ports are chosen: what takes one as soon as it is chosen is not chance. */
const TRIES = 3;

/** A rig whose name is claimed by its network container. */
export interface Claimed {
  readonly layout: RigLayout;
  readonly network: Started;
  readonly origin: Origin;
  readonly state: RigState;
}

/** A rig whose containers run, on the ports that layout and state have. */
export interface Running extends Pick<Claimed, 'layout' | 'state'> {
  readonly launched: Launched;
}

/**
 * Starts the containers of a claimed rig. Its host ports were free when they were chosen, and are bound now: where
 * somebody took one in between for which nobody asked, the rig gets others, and for that a network container anew.
 * @param meanwhile what is done beside it, again for each state that has other ports
 * @throws GocliError PORT_TAKEN with the flag of a port that was asked for
 */
export async function launchClaimed(
  first: Claimed,
  meanwhile: (state: RigState) => Promise<unknown>,
  deps: RigDeps,
): Promise<Running> {
  let claimed = first;
  for (let left = TRIES; ; left -= 1) {
    const { layout, network, origin, state } = claimed;
    try {
      const [launched] = await allOf([launch(layout, network, origin, deps), meanwhile(state)]);
      return { layout, state, launched };
    } catch (error) {
      if (!isCode(error, 'PORT_TAKEN')) throw error;
      deps.signal.throwIfAborted();
      if (left === 0) throw stillTaken(error, layout, deps);
      claimed = await withOtherPorts(claimed, error, deps);
    }
  }
}

async function withOtherPorts(
  { layout, origin, state }: Claimed,
  error: GocliError,
  deps: RigDeps,
): Promise<Claimed> {
  const { docker, run, kinds } = deps;
  const { host } = layout.plan;
  const { name, pinnedPorts: pinned } = host;
  // All of them: the others were made for the network of the one.
  await removeContainers(docker, { [LABEL.cluster]: rigId(host), [LABEL.run]: run }).catch(() => {
    throw error;
  });
  const ports = await portsInstead(docker, portsOf(layout.plan, kinds), { pinned, had: layout.ports });
  for (const text of movedPorts(name, layout.ports, ports, pinned)) notice(deps, text);
  const moved = { ...layout, ports };
  return { layout: moved, network: await claim(moved, deps), origin, state: { ...state, ports } };
}

function stillTaken(error: GocliError, { plan }: RigLayout, { kinds }: RigDeps): GocliError {
  const { message, observed } = error;
  const flags = portsOf(plan, kinds).flatMap(({ key, pin }) =>
    pin !== undefined && key in plan.host.pinnedPorts ? [pin] : [],
  );
  const hint =
    flags.length === 0
      ? 'Something takes each port that is free. See what listens: ss -ltnup'
      : `Choose another port: ${flags.join(' ')}`;
  return new GocliError('PORT_TAKEN', message, { cause: error, observed, hint });
}
