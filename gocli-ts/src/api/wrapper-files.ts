import { join } from 'node:path';
import { isKubernetes } from '../kubernetes/section.ts';
import { GocliError, messageOf } from '../errors/error.ts';
import { copyAtomic, isThere, makeFolder, writeAtomic } from '../host/atomic-files.ts';
import { onRig } from '../rig/deps.ts';
import type { RigState } from '../rig/state.ts';
import { quote } from '../shared/quote.ts';
import type { Context } from './context.ts';
import * as kubeconfig from './kubeconfig.ts';
import { kubectl } from './kubectl.ts';

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
  context: Context,
): Promise<void> {
  if (!isKubernetes(state.plan.guest)) return;
  const { name } = state;
  if (folder !== undefined) {
    await makeCiFolder(folder).catch(() => {
      // Each of its files says so.
    });
    await warning(join(folder, '.kubeconfig'), name, context, async (file) => {
      const { text } = await kubeconfig.show({ name }, context);
      await writeAtomic(file, text, 0o600);
    });
    const config = `config-provider-${state.plan.guest.provider}.sh`;
    await warning(join(folder, config), name, context, async (file) => {
      await writeAtomic(file, renderProviderConfig(folder, state, context.checkout), 0o644);
    });
    await warning(join(folder, '.kubectl'), name, context, async (file) => {
      const { program } = await kubectl({ name }, context);
      await copyAtomic(program, file, 0o755);
    });
  }
  if (globalKubeconfig !== undefined) {
    await warning(globalKubeconfig, name, context, async (file) => {
      await kubeconfig.merge({ name, file }, context);
    });
  }
}

/** Whoever else works in the checkout sources what is in there; the key is for its owner alone, and for no repository. */
async function makeCiFolder(folder: string): Promise<void> {
  await makeFolder(folder, 0o755);
  const ignored = join(folder, '.gitignore');
  if (!(await isThere(ignored))) await writeAtomic(ignored, '*\n');
}

/**
 * What `cluster-up/hack/config.sh` and scripts written for kubevirtci source: variables of a shell. The registry is
 * reached under another name from the nodes than from here; who sets DOCKER_PREFIX has images elsewhere.
 */
function renderProviderConfig(folder: string, { ports }: RigState, checkout: string): string {
  const registry = ports['5000/tcp'];
  const variables = [
    ['master_ip', '127.0.0.1'],
    ['kubeconfig', quote(join(folder, '.kubeconfig'))],
    ['kubectl', quote(join(folder, '.kubectl'))],
    ['gocli', quote(join(checkout, 'cluster-up', 'cli.sh'))],
    ['docker_prefix', `\${DOCKER_PREFIX:-localhost:${registry?.toFixed(0) ?? '5000'}/kubevirt}`],
    ['manifest_docker_prefix', '${DOCKER_PREFIX:-registry:5000/kubevirt}'],
  ];
  return variables.map((pair) => `${pair.join('=')}\n`).join('');
}

async function warning(
  file: string,
  name: string,
  context: Context,
  write: (file: string) => Promise<void>,
): Promise<void> {
  try {
    await write(file);
  } catch (error) {
    context.signal.throwIfAborted();
    const hint =
      error instanceof GocliError && error.hint !== undefined ? ` (${error.hint.replace(/\.$/, '')})` : '';
    const text = `cluster ${name} is Ready, but ${file} was not written: ${messageOf(error)}${hint}. When that is mended, give the same command again: the cluster stays as it is.`;
    onRig(context, name).emit({ type: 'notice', level: 'warning', text });
  }
}
