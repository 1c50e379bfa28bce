import { GocliError } from '../errors/error.ts';
import { isKubernetes } from '../kubernetes/section.ts';
import { findRigs, requireRig, requireState } from '../rig/find.ts';
import { decide, isPooled, type FoundRig } from '../rig/life.ts';
import { restoreSecrets } from '../rig/lost-secrets.ts';
import { checkRigName } from '../rig/names.ts';
import type { Naming } from '../rig/options/option.ts';
import type { RigState } from '../rig/state.ts';
import { untilOf, using } from '../rig/time-limit.ts';
import { gocliCommand } from '../shared/command.ts';
import type { Context } from './context.ts';

type ChoiceContext = Pick<Context, 'docker' | 'paths' | 'env' | 'kinds' | 'naming' | 'signal' | 'keep'>;

/** Which rig a request is about. */
export interface RigChoice {
  /**
   * Its name; may be left out when there is only one, or one named as `KUBEVIRT_PROVIDER` says, or `GOCLI_CLUSTER`,
   * which the scripts of cluster-up set for a CI job and for a provider that they are asked for.
   */
  readonly name?: string | undefined;
}

/**
 * The rig a request is about, whatever it is doing.
 * @throws GocliError BAD_VALUE (no name of a rig), NOT_FOUND (none of that name, or none named and several there)
 */
export async function chooseAny(choice: RigChoice, context: ChoiceContext): Promise<FoundRig> {
  const found = await choose(choice, context);
  if (found.state !== undefined) await restoreSecrets(found.state, found.containers, context);
  return found;
}

async function choose({ name }: RigChoice, context: ChoiceContext): Promise<FoundRig> {
  if (name !== undefined)
    return requireRig(context.docker, context.paths, checkRigName(name, context.naming.of('name')));
  const found = await chooseUnnamed(context);
  if (found !== undefined) return found;
  const others = (await candidates(context)).map((one) => one.name);
  if (others.length === 0)
    throw new GocliError('NOT_FOUND', 'no cluster exists', { hint: 'Type: gocli run k8s-1.36' });
  throw new GocliError(
    'NOT_FOUND',
    `no cluster "${ownOf(context) ?? ''}" exists, which the environment names`,
    {
      hint: `Name one with ${context.naming.of('name')}: ${others.join(', ')}`,
    },
  );
}

/** Of a CI job, or of the provider that a script of cluster-up was asked for. */
function ownOf({ env }: Pick<ChoiceContext, 'env'>): string | undefined {
  return env['GOCLI_CLUSTER'] === '' ? undefined : env['GOCLI_CLUSTER'];
}

async function candidates({ docker, paths }: Pick<ChoiceContext, 'docker' | 'paths'>): Promise<FoundRig[]> {
  return (await findRigs(docker, paths)).filter((one) => !isPooled(one));
}

/**
 * What is removed or held by a slip does not come back, so whoever names one and means all is asked which.
 * @throws GocliError USAGE
 */
export function refuseNameWithAll(name: string | undefined, all: boolean | undefined, { of }: Naming): void {
  if (name === undefined || all !== true) return;
  throw new GocliError('USAGE', `either "${name}" or all of them: both are asked for`, {
    hint: `Leave out ${of('all')}, or the name.`,
  });
}

/**
 * The rig that is meant without a name; undefined when there is none at all.
 * @throws GocliError NOT_FOUND when it is not clear which one
 */
export async function chooseUnnamed(
  context: Pick<ChoiceContext, 'docker' | 'paths' | 'env' | 'naming'>,
): Promise<FoundRig | undefined> {
  const { env, naming } = context;
  const all = await candidates(context);
  // Never the only one there is, which may be another job's.
  const own = ownOf(context);
  if (own !== undefined) return all.find((cluster) => cluster.name === own);
  if (all.length <= 1) return all[0];
  const preferred = all.find((cluster) => cluster.name === env['KUBEVIRT_PROVIDER']);
  if (preferred !== undefined) return preferred;
  throw new GocliError('NOT_FOUND', 'there are several clusters', {
    hint: `Name one with ${naming.of('name')}: ${all.map((one) => one.name).join(', ')}`,
  });
}

/** Like {@link chooseAny}, for what a rig has to run for. @throws GocliError NOT_READY (stopped or paused) too */
export async function chooseAwake(choice: RigChoice, context: ChoiceContext): Promise<FoundRig> {
  const found = await chooseAny(choice, context);
  decide('logs', found.name, found);
  await keepInUse(found, context);
  return found;
}

/** Nobody removes a rig with a time limit as long as the operation works with it. */
async function keepInUse({ id, state }: FoundRig, context: ChoiceContext): Promise<void> {
  if (context.keep === undefined || untilOf(state) === null) return;
  const place = await using(id, context);
  if (place !== undefined) context.keep(place);
}

/** Like {@link chooseAwake}, with the state that every completely started rig has. */
export async function chooseStarted(
  choice: RigChoice,
  context: ChoiceContext,
): Promise<{ found: FoundRig; state: RigState }> {
  const found = await chooseAny(choice, context);
  decide('use', found.name, found);
  await keepInUse(found, context);
  return { found, state: requireState(found) };
}

/** Like {@link chooseStarted}, for what only Kubernetes has. @throws GocliError BAD_VALUE when the rig is without it, too */
export async function chooseCluster(
  choice: RigChoice,
  context: ChoiceContext,
): Promise<{ found: FoundRig; state: RigState }> {
  const chosen = await chooseStarted(choice, context);
  const { name, plan } = chosen.state;
  if (isKubernetes(plan.guest)) return chosen;
  throw new GocliError('BAD_VALUE', `"${name}" has no Kubernetes: it is made from ${plan.guest.provider}`, {
    hint: `Its machines: ${gocliCommand('ssh', name, 'node01')}`,
  });
}
