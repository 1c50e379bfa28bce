import { join } from 'node:path';
import { isKubernetes } from '../kubernetes/section.ts';
import { mergeIntoFiles } from '../kubernetes/kubeconfig-file.ts';
import type { RigState } from '../rig/state.ts';
import { GocliError, messageOf } from '../errors/error.ts';
import { copyAtomic, writeAtomic } from '../host/files.ts';
import { readKubeconfig } from '../kubernetes/state-file.ts';
import { kubectlPath } from '../kubernetes/kubectl-binary.ts';
import type { Session } from './session.ts';

/**
 * What scripts written for kubevirtci expect after a start: kubeconfig and kubectl in `_ci-configs/<provider>/`, and the
 * kubeconfig in $GLOBAL_KUBECONFIG, into which it is merged, since it may be the user's own. The cluster is Ready by now,
 * so a file that cannot be written is no more than a warning.
 * @param folder `_ci-configs/<provider>`
 */
export async function writeWrapperFiles(
  folder: string | undefined,
  globalKubeconfig: string | undefined,
  state: RigState,
  session: Session,
): Promise<void> {
  if (!isKubernetes(state.plan.guest)) return;
  const kubeconfig = (): Promise<string> => readKubeconfig(session.paths, state.name);
  if (folder !== undefined) {
    await warning(join(folder, '.kubeconfig'), state.name, session, async (file) => {
      await writeAtomic(file, await kubeconfig(), 0o600);
    });
    await warning(join(folder, '.kubectl'), state.name, session, async (file) => {
      await copyAtomic(await kubectlPath(state, session), file, 0o755);
    });
  }
  if (globalKubeconfig !== undefined) {
    await warning(globalKubeconfig, state.name, session, async (file) => {
      await mergeIntoFiles([file], await kubeconfig(), state.name, session);
    });
  }
}

async function warning(
  file: string,
  name: string,
  session: Session,
  write: (file: string) => Promise<void>,
): Promise<void> {
  try {
    await write(file);
  } catch (error) {
    session.signal.throwIfAborted();
    const hint = error instanceof GocliError && error.hint !== undefined ? ` ${error.hint}` : '';
    const text = `cluster ${name} is Ready, but ${file} was not written: ${messageOf(error)}.${hint} When that is mended, type: cluster-up/up.sh (the cluster stays as it is)`;
    session.emit({ type: 'notice', level: 'warning', text });
  }
}
