import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { isKubernetes } from '../../kubernetes/section.ts';
import { runTrialPod } from '../../kubernetes/trial.ts';
import { idOfState } from '../../rig/identity.ts';
import { onRig } from '../../rig/deps.ts';
import { cleanUpAfter, removeRig } from '../../rig/remove.ts';
import { up } from '../../rig/up.ts';
import { imageOf } from '../image/results.ts';
import type { ProvisionDeps, ProvisionStep } from '../step.ts';

/** Milliseconds each wait of the trial start may take. */
const TIMEOUT_MS = 600_000;

/** Proves the image by using it. @param templateBudget bytes that all templates may have together */
export function checkStep(templateBudget?: number): ProvisionStep {
  return {
    name: 'check',
    title: 'Start a cluster from the image',
    needs: ['commit'],
    inputs: () => ({ values: { check: '1' }, files: [] }),
    run: async (context) => {
      const image = await imageOf(context, 'commit');
      await checkImage(image, templateBudget, context);
      await writeFile(join(context.output, 'checked'), `${image}\n`);
    },
  };
}

/**
 * A cold start until Ready, a freeze and a thaw, then a pod that asks the cluster's DNS. The rig is removed again; the
 * template of the provider's default plan stays.
 */
async function checkImage(
  imageId: string,
  templateBudget: number | undefined,
  provisioning: ProvisionDeps,
): Promise<void> {
  const image = await provisioning.docker.images.inspect(imageId);
  if (image === undefined)
    throw new GocliError('IMAGE_MISSING', `image ${imageId} is not there to be checked`);
  const name = `check-${provisioning.run}`;
  const deps = onRig(provisioning, name);
  try {
    const { state } = await up(
      {
        image,
        reference: imageId,
        values: { name },
        keepOnFailure: false,
        template: 'fresh',
        templateBudget,
        timeoutMs: TIMEOUT_MS,
      },
      deps,
    );
    if (isKubernetes(state.plan.guest)) await runTrialPod(idOfState(state), deps);
  } finally {
    await cleanUpAfter(name, deps, () => removeRig(name, deps));
  }
}
