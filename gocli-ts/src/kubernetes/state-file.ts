import { join } from 'node:path';
import { rigFolder, type Paths } from '../host/paths.ts';
import { readSecret } from '../rig/state.ts';

/** What the state folder of a Kubernetes rig has beside the ssh key. */
export const KUBECONFIG_FILE = 'kubeconfig';

/** Where the rig's own kubeconfig lies. */
export function kubeconfigPath(paths: Paths, name: string): string {
  return join(rigFolder(paths, name), KUBECONFIG_FILE);
}

/** The rig's own kubeconfig, with the keys of an administrator. @throws GocliError NOT_FOUND */
export function readKubeconfig(paths: Paths, name: string): Promise<string> {
  return readSecret(paths, name, KUBECONFIG_FILE);
}
