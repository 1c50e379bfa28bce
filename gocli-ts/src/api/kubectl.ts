import { resolve } from 'node:path';
import { pathFrom } from '../host/paths.ts';
import { kubectlPath } from '../kubernetes/kubectl-binary.ts';
import { kubeconfigPath } from '../kubernetes/state-file.ts';
import { chooseCluster, type RigChoice } from './choose.ts';
import type { Context } from './context.ts';

/** Paths on this host. */
export interface KubectlResult {
  /** The kubectl of the rig's provider. */
  readonly program: string;
  readonly kubeconfig: string;
}

/** What kubectl is called with for a rig that runs. @throws GocliError BAD_VALUE, NOT_FOUND, NOT_READY */
export async function kubectl(request: RigChoice, context: Context): Promise<KubectlResult> {
  const { state } = await chooseCluster(request, context);
  const program = await kubectlPath(state, context);
  return { program, kubeconfig: kubeconfigPath(context.paths, state.name) };
}

export interface AttachRequest extends RigChoice {
  /** Words behind `kubectl`. */
  readonly words: readonly string[];
}

/** Runs it on the terminal of this process. @returns its exit code @throws GocliError what {@link kubectl} throws, FILE */
export async function attach({ words, ...choice }: AttachRequest, context: Context): Promise<number> {
  const { program, kubeconfig } = await kubectl(choice, context);
  // Not as a flag: kubectl refuses flags before a plugin's name, and a plugin would not see it.
  return context.host.attach([program, ...words], {
    // Its files are meant from here, and from nowhere else.
    cwd: resolve(pathFrom(context.cwd, '.')),
    env: { KUBECONFIG: kubeconfig },
    signal: context.signal,
  });
}
