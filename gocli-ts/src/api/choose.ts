import { GocliError } from '../errors/error.ts';
import { findRigs, requireAwake, requireRig, requireState, type FoundRig } from '../rig/find.ts';
import { checkRigName } from '../rig/names.ts';
import type { RigState } from '../rig/state.ts';
import type { Context } from './context.ts';

type ChoiceContext = Pick<Context, 'docker' | 'paths' | 'env'>;

/** Which rig a request is about. */
export interface RigChoice {
  /** Its name; may be left out when there is only one, or one named as `KUBEVIRT_PROVIDER` says. */
  readonly name?: string | undefined;
}

/**
 * The rig a request is about, whatever it is doing.
 * @throws GocliError BAD_VALUE (no name of a rig), NOT_FOUND (none of that name, or none named and several there)
 */
export async function chooseAny({ name }: RigChoice, context: ChoiceContext): Promise<FoundRig> {
  const { docker, paths, env } = context;
  if (name !== undefined) return requireRig(docker, paths, checkRigName(name));
  const all = await findRigs(docker, paths);
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  const preferred = all.find((cluster) => cluster.name === env['KUBEVIRT_PROVIDER']);
  if (preferred !== undefined) return preferred;
  throw new GocliError('NOT_FOUND', all.length === 0 ? 'no cluster exists' : 'there are several clusters', {
    hint:
      only === undefined
        ? 'Type: gocli run k8s-1.36'
        : `Name one with --name: ${all.map((one) => one.name).join(', ')}`,
  });
}

/** Like {@link chooseAny}, for what a rig has to run for. @throws GocliError NOT_READY (stopped or paused) too */
export async function chooseAwake(choice: RigChoice, context: ChoiceContext): Promise<FoundRig> {
  const found = await chooseAny(choice, context);
  requireAwake(found);
  return found;
}

/** Like {@link chooseAwake}, with the state that every completely started rig has. */
export async function chooseStarted(
  choice: RigChoice,
  context: ChoiceContext,
): Promise<{ found: FoundRig; state: RigState }> {
  const found = await chooseAwake(choice, context);
  return { found, state: requireState(found) };
}
