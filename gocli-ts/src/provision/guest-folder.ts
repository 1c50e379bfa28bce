import { join } from 'node:path';
import type { Recipe } from './step.ts';

/** `cluster-provision/guest/debian-13`. */
export function guestFolder({ root, provider }: Recipe): string {
  return join(root, 'guest', provider.guest);
}

/** A file of the guest folder of which each kind has its own: `setup.sh`. */
export function guestPart(recipe: Recipe, name: string): string {
  return join(guestFolder(recipe), recipe.build.guestFolder, name);
}
