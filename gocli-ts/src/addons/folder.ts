import { join } from 'node:path';

/** `manifests` of the checkout or package: one folder for each addon. */
export function addonsFolder(checkout: string): string {
  return join(checkout, 'manifests');
}
