import { keyOf } from '../../frozen/gate.ts';
import { qemuArguments } from '../../machine/arguments.ts';
import { EMULATED_CPU } from '../../machine/cpu-models.ts';
import { MACHINE_PATH } from '../../machine/spec.ts';
import { machineSpec } from '../machines.ts';
import { kindOf, type Kind } from '../kind.ts';
import type { RigPlan } from '../plan.ts';

/**
 * What a template of this plan is found by: image, guest plan and everything that is sent to the guests, but not the
 * number of nodes, since a template may have more machines than are asked for.
 */
export function templateKey(plan: RigPlan, kinds: readonly Kind[]): string {
  const guest = { ...plan.guest, nodes: 0 };
  const layout = { plan, accelerator: 'tcg' as const, cpu: EMULATED_CPU, sshPublicKey: '' };
  // Where the disk lies is nothing that a guest observes; it was here once, and templates of that time still fit.
  const machine = qemuArguments(machineSpec(layout, 1, { kind: 'boot', disk: MACHINE_PATH.overlay }));
  return keyOf([plan.host.imageId, guest, machine, kindOf(kinds, plan.guest).sent(plan.guest)]);
}
