import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

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
    const kubeconfig = await import('../../api/kubeconfig.ts');
    if (args.merge) {
      const { file } = await kubeconfig.merge(args, session);
      writeResult(session, { data: { file }, names: [file], text: `${file}\n` });
    } else {
      const { name, path, text } = await kubeconfig.show(args, session);
      writeResult(session, {
        data: { name, path, text },
        names: [name],
        text: args.path ? `${path}\n` : text,
      });
    }
    return 0;
  },
});
