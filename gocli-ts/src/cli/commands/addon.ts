import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';

export const addonCommand = defineCommand({
  usage: 'addon <action> [addons..]',
  summary:
    'List addons (ls, show), enable or disable some in a cluster, and look at what it has (diff, status)',
  positionals: {
    action: {
      type: 'string',
      choices: ['ls', 'show', 'enable', 'disable', 'diff', 'status'],
      demandOption: true,
      describe: 'What to do',
    },
    addons: { type: 'string', array: true, describe: 'Names, with options if need be: kwok,nodes=20' },
  },
  options: nameOption,
  examples: [
    ['gocli addon ls', 'all that there are'],
    [
      'gocli addon enable kwok,nodes=20',
      'in the cluster that runs; `gocli run --addon` has it in its template',
    ],
    ['gocli addon disable kwok', 'with all that it brought'],
  ],
  run: async (args, session) => {
    const actions = await import('../addon-actions.ts');
    switch (args.action) {
      case 'ls':
        return actions.listAction(args, session);
      case 'show':
        return actions.showAction(args, session);
      case 'enable':
        return actions.enableAction(args, session);
      case 'disable':
        return actions.disableAction(args, session);
      case 'diff':
        return actions.diffAction(args, session);
      default:
        return actions.statusAction(args, session);
    }
  },
});
