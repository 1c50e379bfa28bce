import { z } from 'zod';
import type { PlannedAddon } from '../addons/plan.ts';
import { GocliError } from '../errors/error.ts';
import { nodeSubnet, type GuestPlan } from '../rig/plan.ts';
import type { KubeadmPlan } from './kubeadm-config.ts';

/** Name of the section that a provider, a plan and an image of Kubernetes have. */
export const SECTION = 'kubernetes';

const schema = z.object({ version: z.string(), podSubnet: z.string(), serviceSubnet: z.string() });

/** The section of a guest plan or of the facts of an image. @throws GocliError INTERNAL when it has none */
export function kubernetesOf(sections: Readonly<Record<string, unknown>>): z.infer<typeof schema> {
  const parsed = schema.safeParse(sections[SECTION]);
  if (parsed.success) return parsed.data;
  throw new GocliError('INTERNAL', 'Kubernetes was asked of a plan without it');
}

const addonsSchema = z.object({
  addons: z
    .array(
      z.object({
        name: z.string(),
        version: z.string(),
        digest: z.string(),
        options: z.record(z.string(), z.union([z.number(), z.string()])),
      }),
    )
    .default([]),
});

/** The addons of a plan, in the order in which they are enabled; none for a plan of another kind. */
export function addonsOf(sections: Readonly<Record<string, unknown>>): readonly PlannedAddon[] {
  return addonsSchema.safeParse(sections[SECTION]).data?.addons ?? [];
}

/** What decides a cluster, of a guest plan. @throws GocliError INTERNAL when it has no such section */
export function clusterOf(guest: GuestPlan): KubeadmPlan {
  return { ...kubernetesOf(guest), subnet: nodeSubnet(guest) };
}

/** Whether a guest plan or the facts of an image are of Kubernetes. */
export function isKubernetes(sections: Readonly<Record<string, unknown>>): boolean {
  return sections[SECTION] !== undefined;
}
