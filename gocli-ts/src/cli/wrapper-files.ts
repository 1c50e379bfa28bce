import { join } from 'node:path';
import { isKubernetes } from '../kubernetes/section.ts';
import { onRig } from '../rig/deps.ts';
import type { RigState } from '../rig/state.ts';
import * as kubeconfig from '../api/kubeconfig.ts';
import { kubectl } from '../api/kubectl.ts';
import { GocliError, messageOf } from '../errors/error.ts';
import { copyAtomic, writeAtomic } from '../host/files.ts';
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
  const { name } = state;
  if (folder !== undefined) {
    await warning(join(folder, '.kubeconfig'), name, session, async (file) => {
      const { text } = await kubeconfig.show({ name }, session);
      await writeAtomic(file, text, 0o600);
    });
    await warning(join(folder, '.kubectl'), name, session, async (file) => {
      const { program } = await kubectl({ name }, session);
      await copyAtomic(program, file, 0o755);
    });
  }
  if (globalKubeconfig !== undefined) {
    await warning(globalKubeconfig, name, session, async (file) => {
      await kubeconfig.merge({ name, file }, session);
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
    onRig(session, name).emit({ type: 'notice', level: 'warning', text });
  }
}
