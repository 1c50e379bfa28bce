import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

export const snapshotCommand = defineCommand({
  usage: 'snapshot <action> [snapshot]',
  summary: 'Keep a moment of a running cluster (create), and go back to it (restore)',
  positionals: {
    action: {
      type: 'string',
      choices: ['create', 'ls', 'show', 'restore', 'rm'],
      demandOption: true,
      describe: 'What to do',
    },
    snapshot: { type: 'string', describe: 'Name of the snapshot' },
  },
  options: nameOption,
  lateOptions: async () => (await import('../../api/snapshot.ts')).RESTORE_OPTIONS,
  examples: [
    ['gocli snapshot create clean', 'memory, disks and registry of the cluster, which then runs on'],
    ['gocli snapshot restore clean', 'the same cluster as it was then: same name, ports and kubeconfig'],
  ],
  run: async (args, session) => {
    const actions = await import('../snapshot-actions.ts');
    switch (args.action) {
      case 'create':
        return actions.createAction(args, session);
      case 'ls':
        return actions.listAction(args, session);
      case 'show':
        return actions.showAction(args, session);
      case 'restore':
        return actions.restoreAction(args, session);
      default:
        return actions.removeAction(args, session);
    }
  },
});
