import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

export const imagesCommand = defineCommand({
  usage: 'images <action> [images..]',
  summary: 'List the images that nodes hold (ls), remove some (rm) or those that nothing uses (prune)',
  positionals: {
    action: { type: 'string', choices: ['ls', 'rm', 'prune'], demandOption: true, describe: 'What to do' },
    images: { type: 'string', array: true, describe: 'Names or ids of images to remove' },
  },
  options: {
    ...nameOption,
    all: {
      type: 'boolean',
      default: false,
      describe: "Also those of the provider (ls), or all that no container uses but the provider's (prune)",
    },
  },
  examples: [
    ['gocli images prune', 'removes images whose name a later load has taken'],
    ['gocli images rm foo:1', 'from all nodes'],
  ],
  run: async (args, session) => {
    const actions = await import('../image-actions.ts');
    switch (args.action) {
      case 'ls':
        return actions.listAction(args, session);
      case 'rm':
        return actions.removeAction(args, session);
      default:
        return actions.pruneAction(args, session);
    }
  },
});
