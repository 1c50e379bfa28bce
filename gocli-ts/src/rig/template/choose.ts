import { z } from 'zod';
import { refusal, type Place } from '../../frozen/gate.ts';
import type { Manifest } from '../../frozen/manifest.ts';
import { isIntact, type IntactTemplate, type Template } from '../../frozen/templates.ts';
import type { RigPlan, GuestPlan } from '../plan.ts';

/** The template to thaw, or why none fits; without one of this provider there is nothing to say. */
export type Choice =
  { readonly template: IntactTemplate } | { readonly template?: never; readonly why: string | undefined };

const guestSchema = z.custom<GuestPlan>((value) => typeof value === 'object' && value !== null);
const aboutSchema = z.object({ guest: guestSchema });

/** What a manifest says of the plan that its machines were started with. */
export function guestOf(manifest: Manifest): GuestPlan | undefined {
  return aboutSchema.safeParse(manifest.about).data?.guest;
}

/**
 * The template with the fewest machines that suffice, the newest of these. Pure.
 * @param templates all published ones
 * @param needed machines that a template has to have
 */
export function chooseTemplate(
  templates: readonly Template[],
  key: string,
  plan: RigPlan,
  place: Place,
  needed: number = plan.guest.nodes,
): Choice {
  const mine = templates.filter((template) => template.key === key);
  const usable = mine
    .filter(isIntact)
    .filter(({ manifest }) => manifest.machines.length >= needed)
    .sort(byMachinesThenAge);
  const fitting = usable.find(({ manifest }) => refusal(manifest, place) === undefined);
  if (fitting !== undefined) return { template: fitting };
  return { why: whyNot(templates, mine, usable, plan, place) };
}

function byMachinesThenAge({ manifest: a }: IntactTemplate, { manifest: b }: IntactTemplate): number {
  return a.machines.length - b.machines.length || b.createdAt - a.createdAt;
}

function whyNot(
  templates: readonly Template[],
  mine: readonly Template[],
  usable: readonly IntactTemplate[],
  plan: RigPlan,
  place: Place,
): string | undefined {
  const [refused] = usable;
  if (refused !== undefined) return named(refused, refusal(refused.manifest, place) ?? '');
  for (const template of mine) {
    if (typeof template.manifest === 'string') return named(template, template.manifest);
  }
  const [small] = mine.filter(isIntact);
  if (small !== undefined)
    return named(small, `it has only ${small.manifest.machines.length} of ${plan.guest.nodes} nodes`);
  const others = templates
    .filter(isIntact)
    .filter(({ manifest }) => guestOf(manifest)?.provider === plan.guest.provider);
  const [other] = others.sort((a, b) => b.manifest.createdAt - a.manifest.createdAt);
  return other === undefined ? undefined : named(other, planChange(other, plan));
}

function planChange({ manifest }: IntactTemplate, { guest, host }: RigPlan): string {
  if (manifest.imageId !== host.imageId) return 'it was made from another image';
  const before: Partial<GuestPlan> = guestOf(manifest) ?? {};
  // What is not asked for may be what the template has.
  const keys = Object.keys({ ...guest, ...before });
  const changed = keys.find(
    (key) => key !== 'nodes' && JSON.stringify(before[key]) !== JSON.stringify(guest[key]),
  );
  if (changed === undefined) return 'it was made by another version of gocli, or begins at a snapshot';
  const words = (value: unknown): string => (value === undefined ? 'the usual one' : JSON.stringify(value));
  return `its ${changed} is ${words(before[changed])}, not ${words(guest[changed])}`;
}

function named({ id }: Template, why: string): string {
  return `template ${id} does not fit: ${why}`;
}
