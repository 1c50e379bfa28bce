import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { portOptions } from '../port-options.ts';

export const runCommand = defineCommand({
  usage: 'run [provider]',
  summary: 'Start a cluster and wait until it is Ready',
  positionals: {
    provider: { type: 'string', describe: 'Provider, such as k8s-1.36 (see: gocli provider ls)' },
  },
  options: {
    ...nameOption,
    nodes: { alias: 'n', type: 'number', requiresArg: true, describe: 'Number of nodes' },
    memory: { alias: 'm', type: 'string', requiresArg: true, describe: 'Memory of a node, such as 3072M' },
    cpu: { alias: 'c', type: 'number', requiresArg: true, describe: 'vCPUs of a node' },
    'container-registry': {
      type: 'string',
      requiresArg: true,
      describe: 'Registry that has the provider image',
    },
    'container-org': { type: 'string', requiresArg: true, describe: 'Path of the image in that registry' },
    'container-suffix': {
      type: 'string',
      requiresArg: true,
      describe: 'Tag of the provider image, such as :latest',
    },
    provision: {
      type: 'boolean',
      default: true,
      describe: 'Provision the provider when its image is not there',
    },
    'keep-on-failure': {
      type: 'boolean',
      default: false,
      describe: 'Leave everything in place when the start fails',
    },
    template: {
      type: 'boolean',
      default: true,
      describe: 'Thaw a template that fits, else make one; --no-template starts cold and keeps nothing',
    },
    snapshot: {
      type: 'string',
      requiresArg: true,
      describe: 'Begin at this snapshot of another cluster instead of booting',
    },
    fresh: {
      type: 'boolean',
      default: false,
      describe: 'Start cold, with new keys, and replace the template',
    },
    timings: { type: 'boolean', default: false, describe: 'Show where the time went' },
    timeout: { type: 'number', requiresArg: true, default: 600, describe: 'Seconds each wait may take' },
    'dry-run': { type: 'boolean', default: false, describe: 'Print the plan and change nothing' },
    'from-environment': { type: 'boolean', hidden: true, default: false },
    'ci-config': { type: 'string', hidden: true },
    'random-ports': { type: 'boolean', hidden: true, default: true },
    background: { alias: 'b', type: 'boolean', hidden: true, default: true },
    ...portOptions,
  },
  examples: [
    ['gocli run k8s-1.36', 'start a cluster named k8s-1.36'],
    ['gocli run k8s-1.36 --name two --memory 4G', 'another one beside it'],
    ['gocli run --snapshot clean --name other', 'a new cluster that begins at a snapshot of another'],
  ],
  run: async (args, session) => {
    const { runCluster } = await import('../run-cluster.ts');
    return runCluster(args, session);
  },
});
