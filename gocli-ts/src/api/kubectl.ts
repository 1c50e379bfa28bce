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
