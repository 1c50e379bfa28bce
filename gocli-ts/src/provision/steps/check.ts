import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GocliError } from '../../errors/error.ts';
import { onRig, type RigDeps } from '../../rig/deps.ts';
import { kindOf } from '../../rig/kind.ts';
import { cleanUpAfter, removeRig } from '../../rig/remove.ts';
import { sshTarget } from '../../rig/ssh-target.ts';
import { loginAs } from '../../rig/ssh-users.ts';
import { readSecret, STATE_FILE, type RigState } from '../../rig/state.ts';
import { up } from '../../rig/up.ts';
import { inTime } from '../../waiting/in-time.ts';
import { imageOf } from '../image/results.ts';
import type { ProvisionDeps, ProvisionStep, Recipe } from '../step.ts';
import { proxyOf } from '../build-machine/proxy.ts';

/** Milliseconds each wait of the trial start may take. */
const TIMEOUT_MS = 600_000;

/** Proves the image by using it. @param templateBudget bytes that all templates may have together */
export function checkStep(templateBudget?: number): ProvisionStep {
  return {
    name: 'check',
    title: 'Start a rig from the image',
    needs: ['commit'],
    startsMachine: () => true,
    inputs: ({ provider: { check } }) => {
      const commands = check.length === 0 ? {} : { commands: JSON.stringify(check) };
      return { values: { check: '1', ...commands }, files: [] };
    },
    run: async (context) => {
      const image = await imageOf(context, 'commit');
      await checkImage(image, context.recipe, templateBudget, context);
      await writeFile(join(context.output, 'checked'), `${image}\n`);
    },
  };
}

/**
 * A cold start until Ready, a freeze and a thaw, then what its kind tries (in a cluster a pod that asks its DNS). The rig
 * is removed again; the template of the provider's default plan stays.
 */
async function checkImage(
  imageId: string,
  recipe: Recipe,
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
        proxy: proxyOf(recipe),
      },
      deps,
    );
    await kindOf(deps.kinds, state.plan.guest).trial?.(state, deps);
    await runCommands(recipe.provider.check, state, deps);
  } finally {
    await cleanUpAfter(name, deps, () => removeRig(name, deps));
  }
}

/** @throws GocliError REMOTE_COMMAND with the last lines of the one that failed, TIMEOUT */
async function runCommands(commands: readonly string[], state: RigState, deps: RigDeps): Promise<void> {
  if (commands.length === 0) return;
  const key = await readSecret(deps.paths, state.name, STATE_FILE.sshKey);
  const user = loginAs(undefined, state, deps.kinds);
  const bounds = { signal: deps.signal, timeoutMs: TIMEOUT_MS };
  await inTime('the commands of "check" end', bounds, async (signal) => {
    await using node = await deps.ssh.connect(sshTarget(state, 1, key, user), signal);
    for (const command of commands) await node.run(command, { signal });
  });
}
