import { join } from 'node:path';
import type { Recipe } from './step.ts';

/** Folder of a guest folder with what plain machines have instead of a Kubernetes node's. */
const PLAIN = 'vm';

/** Whether a provider makes plain machines, without Kubernetes. */
export function isPlain({ provider }: Pick<Recipe, 'provider'>): boolean {
  return provider.vm !== undefined;
}

/** `cluster-provision/guest/debian-13`. */
export function guestFolder({ root, provider }: Recipe): string {
  return join(root, 'guest', provider.guest);
}

/** A file of the guest folder of which plain machines have one of their own: `setup.sh`. */
export function guestPart(recipe: Recipe, name: string): string {
  return join(guestFolder(recipe), ...(isPlain(recipe) ? [PLAIN] : []), name);
}
