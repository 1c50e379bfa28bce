import pMap from 'p-map';
import type { Addon } from '../../addons/catalog.ts';
import { type PlannedAddon, plannedIn } from '../../addons/plan.ts';
import { type AddonObject, renderAddon } from '../../addons/render.ts';
import { GocliError } from '../../errors/error.ts';
import type { StepHandle } from '../../events/steps.ts';
import { allMet } from '../../waiting/all-met.ts';
import { nodeSubnet } from '../../rig/plan.ts';
import { waitFor, type Condition } from '../../waiting/condition.ts';
import { addonConditions, asExpected } from './conditions.ts';
import { bringImages } from './images.ts';
import { type AddonRecord, recordOf, without } from './record.ts';
import { mayPass, messageIn, nameOf } from './objects.ts';
import { removeObjects } from './remove.ts';
import { type AddonCluster, AT_ONCE, keepRecord, knownRecords, waitOptions } from './addon-cluster.ts';

/**
 * Enables addons one after the other, each to its end; what is enabled already is set right. What was interrupted goes on
 * where the same is asked for again.
 * @throws GocliError CONFLICT (files changed), IMAGE_MISSING, KUBERNETES, TIMEOUT naming what is waited for
 */
export async function enableAddons(planned: readonly PlannedAddon[], work: AddonCluster): Promise<void> {
  const addons = planned.map((one) => ({ planned: one, addon: plannedIn(one, work.catalog) }));
  const images = addons.flatMap(({ addon }) => addon.images.map(({ name }) => ({ name, addon: addon.name })));
  await bringImages(images, work);
  const records = await knownRecords(work);
  const subnet = nodeSubnet(work.state.plan.guest);
  for (const { planned: one, addon } of addons) {
    await work.steps.run(`addon ${one.name}`, `Enabling ${one.name} ${one.version}`, (step) =>
      enableOne(one, renderAddon(addon, one.options, subnet), addon, {
        ...work,
        before: records.get(one.name),
        step,
      }),
    );
  }
}

interface EnableWork extends AddonCluster {
  /** What the cluster had of it before. */
  readonly before: AddonRecord | undefined;
  readonly step: StepHandle;
}

async function enableOne(
  planned: PlannedAddon,
  files: readonly (readonly AddonObject[])[],
  addon: Parameters<typeof addonConditions>[0] & Pick<Addon, 'cleanUp'>,
  work: EnableWork,
): Promise<void> {
  const { api, state, steps, deps, before, step } = work;
  const { signal } = deps;
  const objects = files.flat();
  const old = without(before?.objects ?? [], objects);
  await keepRecord(recordOf(planned, 'enabling', [...old, ...objects], addon.cleanUp), work);
  const options = waitOptions(work, signal, (message) => {
    step.progress({ message });
  });
  const target = { api, objects: work.objects, rig: state.name };
  const apply = (some: readonly AddonObject[]): Promise<unknown> =>
    pMap(some, (object) => waitFor(applied(object, work), options), { concurrency: AT_ONCE, signal });
  // Kinds and namespaces come before what is of them, in whatever file they stand.
  await apply(objects.filter(isGround));
  await allMet(
    objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map((ref) => asExpected(ref, target)),
    steps,
    options,
  );
  for (const file of files) await apply(file.filter((object) => !isGround(object)));
  await removeObjects(old, work, step);
  await allMet(addonConditions(addon, objects, target), steps, options);
  await keepRecord(recordOf(planned, 'enabled', objects, addon.cleanUp), work);
}

function isGround({ kind }: AddonObject): boolean {
  return kind === 'Namespace' || kind === 'CustomResourceDefinition';
}

/** The API took an object; it is sent with each look. */
function applied(object: AddonObject, { objects }: Pick<AddonCluster, 'objects'>): Condition {
  return {
    name: `the API takes ${nameOf(object)}`,
    check: async (signal) => {
      const answer = await objects.apply(object, signal);
      if (answer === undefined)
        return { met: false, observed: `the API does not serve ${object.apiVersion} ${object.kind}` };
      if (answer.status < 300) return { met: true };
      const observed = messageIn(answer);
      if (mayPass(answer)) return { met: false, observed: `${nameOf(object)}: ${observed}` };
      throw new GocliError('KUBERNETES', `the API refuses ${nameOf(object)}`, { observed });
    },
  };
}
