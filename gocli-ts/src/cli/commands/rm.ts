import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';
import type { RemovedCluster } from '../../rig/remove.ts';
import type { Session } from '../session.ts';

export const rmCommand = defineCommand({
  usage: 'rm [cluster]',
  summary: 'Remove a cluster; removing nothing is no error',
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: { ...nameOption, all: { type: 'boolean', default: false, describe: 'Remove every cluster' } },
  examples: [['gocli rm', 'remove the only cluster there is']],
  run: async (args, session) => {
    const names = await namesOf(args.cluster ?? args.name, args.all, session);
    const all = await Promise.all(names.map(async (name) => ({ name, ...(await remove(name, session)) })));
    const removed = all.filter(({ containers, volumes, state }) => containers + volumes > 0 || state);
    writeResult(session, {
      data: { removed },
      names: removed.map(({ name }) => name),
      text:
        all.length === 0
          ? 'There is no cluster to remove.\n'
          : all
              .map((one) => `${sentence(one.name, removed.includes(one))}${keptWords(one.snapshots)}\n`)
              .join(''),
    });
    return 0;
  },
});

/** Removes a cluster, and its context from the user's kubeconfigs. */
async function remove(name: string, session: Session): Promise<RemovedCluster> {
  const { down } = await import('../../rig/remove.ts');
  const { readSecret } = await import('../../rig/state.ts');
  const { forgetInFiles, kubeconfigFiles } = await import('../../kubernetes/kubeconfig-file.ts');
  // It goes with the cluster.
  const written = await readSecret(session.paths, name, 'kubeconfig').catch(() => undefined);
  const removed = await down(name, session);
  await forgetInFiles(kubeconfigFiles(session.env, session.cwd), name, written, session);
  return removed;
}

function sentence(name: string, wasThere: boolean): string {
  return wasThere ? `Removed cluster ${name}.` : `There is no cluster ${name} to remove.`;
}

async function namesOf(name: string | undefined, all: boolean, session: Session): Promise<string[]> {
  const { findClusters } = await import('../../rig/find.ts');
  const { checkClusterName } = await import('../../rig/names.ts');
  if (name !== undefined && !all) return [checkClusterName(name)];
  const clusters = await findClusters(session.docker, session.paths);
  if (all || clusters.length <= 1) return clusters.map((cluster) => cluster.name);
  const { chooseAnyCluster } = await import('../options.ts');
  return [(await chooseAnyCluster(undefined, session)).name];
}

function keptWords(snapshots: readonly string[]): string {
  if (snapshots.length === 0) return '';
  return ` Its snapshots stay: ${snapshots.join(', ')} (gocli snapshot restore NAME brings it back).`;
}
