import { readCatalog } from '../../addons/catalog.ts';
import type { Steps } from '../../events/steps.ts';
import type { RigDeps } from '../../rig/deps.ts';
import type { Booting } from '../../rig/kind.ts';
import type { GuestPlan } from '../../rig/plan.ts';
import { machinesOf } from '../../rig/start/launch.ts';
import { ApiClient } from '../api.ts';
import type { AdminAccess } from '../kubeconfig.ts';
import { addonsOf } from '../section.ts';
import { enableAddons } from './enable.ts';
import { requireImages } from './images.ts';
import { addonCluster } from './addon-cluster.ts';

/** Refuses a plan whose addons cannot be had here. @throws GocliError IMAGE_MISSING, CONFLICT, BAD_FILE */
export async function requireAddons(guest: GuestPlan, deps: RigDeps): Promise<void> {
  await requireImages(addonsOf(guest), await readCatalog(deps.checkout), deps.docker.images);
}

/** Enables the addons of a plan in a cluster that has just become Ready, so that its template has them. */
export async function enableAtStart(
  { state, launched, timeoutMs }: Booting,
  access: AdminAccess,
  steps: Steps,
  deps: RigDeps,
): Promise<void> {
  using api = new ApiClient(access);
  const catalog = await readCatalog(deps.checkout);
  const nodes = machinesOf(launched);
  await enableAddons(
    addonsOf(state.plan.guest),
    addonCluster({ catalog, state, nodes, api, steps, deps, timeoutMs }),
  );
}
