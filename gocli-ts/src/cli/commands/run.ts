import { defineCommand } from '../command.ts';

/** How the command line shows what is done. */
const OWN = {
  count: {
    type: 'number',
    requiresArg: true,
    describe: 'Start so many side by side, named NAME-01, NAME-02 …',
  },
  timings: { type: 'boolean', default: false, describe: 'Show where the time went' },
  'dry-run': { type: 'boolean', default: false, describe: 'Print the plan and change nothing' },
  'from-environment': { type: 'boolean', hidden: true, default: false },
  'ci-config': { type: 'string', hidden: true },
  'random-ports': { type: 'boolean', hidden: true, default: true },
  background: { alias: 'b', type: 'boolean', hidden: true, default: true },
} as const;

export const runCommand = defineCommand({
  usage: 'run [provider]',
  summary: 'Start a cluster and wait until it is Ready',
  positionals: {
    provider: { type: 'string', describe: 'Provider, such as k8s-1.36 (see: gocli provider ls)' },
  },
  options: OWN,
  lateOptions: async () => (await import('../../api/options.ts')).OPTIONS,
  examples: [
    ['gocli run k8s-1.36', 'start a cluster named k8s-1.36'],
    ['gocli run k8s-1.36 --name two --memory 4G', 'another one beside it'],
    ['gocli run vm-debian-13 --name a --count 10', 'ten plain machines, a-01 to a-10'],
    ['gocli run --snapshot clean --name other', 'a new cluster that begins at a snapshot of another'],
  ],
  tellsFaults: true,
  run: async (args, session, _rest, faults) => {
    const { runCluster } = await import('../run-cluster.ts');
    return runCluster(args, session, faults);
  },
});
