import { defineCommand } from '../command.ts';
import { idlePrefix } from '../options.ts';

export const provisionCommand = defineCommand({
  usage: 'provision [folder]',
  summary: 'Build a provider image from its folder, or the images of addons',
  positionals: {
    folder: { type: 'string', describe: 'For example cluster-provision/k8s/1.36' },
  },
  options: {
    ...idlePrefix,
    phases: {
      type: 'string',
      requiresArg: true,
      describe: 'Only these steps and what they need, separated by commas',
    },
    force: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Run this step and what depends on it again',
    },
    locked: {
      type: 'boolean',
      default: false,
      describe: 'Fail when a locked package is gone, instead of renewing the lock',
    },
    'with-children': {
      type: 'boolean',
      default: false,
      describe: 'Build all that is made from it ("from" of provider.yaml), too',
    },
    addons: {
      type: 'string',
      requiresArg: true,
      describe: 'Build the images of these addons into the local Docker: kwok, or all',
    },
    'dry-run': {
      type: 'boolean',
      default: false,
      describe: 'Print what would run and why, and change nothing',
    },
  },
  examples: [
    ['gocli provision cluster-provision/k8s/1.36', 'build gocli/k8s-1.36; finished steps are cached'],
    ['gocli provision --addons kwok', 'what `gocli addon enable kwok` needs, without a provider'],
  ],
  run: async (args, session) => {
    const actions = await import('../provision-actions.ts');
    const { folder, phases, force, locked, addons } = args;
    if (folder === undefined || addons !== undefined)
      return actions.addonsAction({ folder, addons }, session);
    const request = {
      folder,
      phases: phases?.split(','),
      force,
      locked,
      withChildren: args['with-children'],
    };
    return args['dry-run'] ? actions.planAction(request, session) : actions.buildAction(request, session);
  },
});
