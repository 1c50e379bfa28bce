import { defineCommand } from '../command.ts';

export const templateCommand = defineCommand({
  usage: 'template <action> [template]',
  summary: 'List, show, build, verify or remove templates, which clusters are thawed from',
  positionals: {
    action: {
      type: 'string',
      choices: ['ls', 'show', 'build', 'verify', 'rm'],
      demandOption: true,
      describe: 'What to do',
    },
    template: { type: 'string', describe: 'Id of the template; for build the provider' },
  },
  options: {
    all: { type: 'boolean', default: false, describe: 'Every template (rm, verify)' },
  },
  lateOptions: async () => (await import('../../api/template.ts')).PLAN_OPTIONS,
  examples: [
    ['gocli template build k8s-1.36 --nodes 3', 'make the template of three nodes before it is needed'],
    ['gocli template show 0123456789ab --memory 4G', 'why it does or does not fit that plan'],
    ['gocli template verify --all', 'read all templates and remove those that are damaged'],
  ],
  run: async (args, session) => {
    const actions = await import('../template-actions.ts');
    switch (args.action) {
      case 'ls':
        return actions.listAction(args, session);
      case 'show':
        return actions.showAction(args, session);
      case 'build':
        return actions.buildAction(args, session);
      case 'verify':
        return actions.verifyAction(args, session);
      default:
        return actions.removeAction(args, session);
    }
  },
});
