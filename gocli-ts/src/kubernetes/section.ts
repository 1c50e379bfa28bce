import { z } from 'zod';
import { GocliError } from '../errors/error.ts';
import type { KubeadmPlan } from './kubeadm-config.ts';

/** Name of the section that a provider, a plan and an image of Kubernetes have. */
export const SECTION = 'kubernetes';

const schema = z.object({ version: z.string(), podSubnet: z.string(), serviceSubnet: z.string() });

/** The section of a guest plan or of the facts of an image. @throws GocliError INTERNAL when it has none */
export function kubernetesOf(sections: Readonly<Record<string, unknown>>): KubeadmPlan {
  const parsed = schema.safeParse(sections[SECTION]);
  if (parsed.success) return parsed.data;
  throw new GocliError('INTERNAL', 'Kubernetes was asked of a plan without it');
}

/** Whether a guest plan or the facts of an image are of Kubernetes. */
export function isKubernetes(sections: Readonly<Record<string, unknown>>): boolean {
  return sections[SECTION] !== undefined;
}
