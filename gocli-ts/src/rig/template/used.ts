import type { FrozenMachine } from '../../frozen/manifest.ts';
import { kindOf, type Kind } from '../kind.ts';
import type { GuestPlan } from '../plan.ts';

/** Whether all machines of a plan go on from one that was frozen: alike, and of one size. */
function areAlike(guest: GuestPlan, kinds: readonly Kind[]): boolean {
  return guest.perNode === undefined && kindOf(kinds, guest).alike === true;
}

/** How many frozen machines the rig of a plan needs. */
export function machinesNeeded(guest: GuestPlan, kinds: readonly Kind[]): number {
  return areAlike(guest, kinds) ? 1 : guest.nodes;
}

/** The frozen machine that each one of a plan goes on from, in order. */
export function machinesUsed(
  frozen: readonly FrozenMachine[],
  guest: GuestPlan,
  kinds: readonly Kind[],
): FrozenMachine[] {
  const [first] = frozen;
  // Those of a fork are each what it was.
  const isEnough = frozen.length >= guest.nodes;
  if (first === undefined || isEnough || !areAlike(guest, kinds)) return frozen.slice(0, guest.nodes);
  return Array.from({ length: guest.nodes }, () => first);
}
