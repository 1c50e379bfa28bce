import { join } from 'node:path';
import { defineCommand } from '../command.ts';
import { chooseStarted, nameOption } from '../options.ts';

export const kubeconfigCommand = defineCommand({
  usage: 'kubeconfig',
  summary: "Print a cluster's kubeconfig, or merge it into your own",
  options: {
    ...nameOption,
    path: { type: 'boolean', describe: 'Print the path of the file instead' },
    merge: {
      type: 'boolean',
      // A default value would count as given.
      conflicts: 'path',
      describe: 'Merge it into your own where kubectl would write ($KUBECONFIG, ~/.kube/config)',
    },
  },
  examples: [
    ['export KUBECONFIG=$(gocli kubeconfig --path)', 'use the cluster in this shell'],
    ['gocli kubeconfig --merge', 'use it everywhere'],
  ],
  run: async (args, session) => {
    const { clusterFolder } = await import('../../host/paths.ts');
    const { readSecret, STATE_FILE } = await import('../../rig/state.ts');
    const { found } = await chooseStarted(args.name, session);
    const text = await readSecret(session.paths, found.name, 'kubeconfig');
    if (args.merge) {
      const { kubeconfigFiles, mergeIntoFiles } = await import('../../kubernetes/kubeconfig-file.ts');
      const files = kubeconfigFiles(session.env, session.cwd);
      session.stdout.write(`${await mergeIntoFiles(files, text, found.name, session)}\n`);
    } else if (args.path) {
      session.stdout.write(`${join(clusterFolder(session.paths, found.name), STATE_FILE.kubeconfig)}\n`);
    } else {
      session.stdout.write(text);
    }
    return 0;
  },
});
