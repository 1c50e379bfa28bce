import { defineCommand } from '../command.ts';

export const providerCommand = defineCommand({
  usage: 'provider <action> [name] [version]',
  summary: 'List, show, check, make, renew, save, load or remove providers, which clusters are made from',
  positionals: {
    action: {
      type: 'string',
      choices: ['ls', 'show', 'lint', 'new', 'bump', 'save', 'load', 'rm'],
      demandOption: true,
      describe: 'What to do',
    },
    name: {
      type: 'string',
      describe: 'Name of the provider, or its folder: k8s-1.36, k8s/1.36; for load: the file, or -',
    },
    version: { type: 'string', describe: 'For bump: the release of Kubernetes; for save: the file, or -' },
  },
  options: {
    from: {
      type: 'string',
      requiresArg: true,
      describe: 'For new: the provider whose data it begins with',
      completes: 'providers',
    },
    'dry-run': {
      type: 'boolean',
      default: false,
      describe: 'For rm: print what would go, and remove nothing',
    },
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'For rm: do not ask' },
  },
  examples: [
    ['gocli provider ls', 'which providers there are, and what they take on the disk'],
    ['gocli provider lint', 'all that is wrong with the providers of this checkout, each at its line'],
    ['gocli provider new k8s/1.38 --from k8s/1.37', 'the folder of a new version, with the data of another'],
    ['gocli provider bump k8s/1.36 1.36.4', 'another release: module, names of images, changelog'],
    [
      'gocli provider save k8s-1.36 k8s-1.36.zst',
      'its image for a host without a registry, which loads it there',
    ],
    ['gocli provider rm k8s-1.37 --dry-run', 'what its image, templates and cached steps take'],
  ],
  run: async (args, session) => {
    const actions = await import('../provider-actions.ts');
    const { action, name, version, from } = args;
    actions.refuseWhatMeansNothing(args);
    switch (action) {
      case 'ls':
        return actions.listAction(session);
      case 'show':
        return actions.showAction(name, session);
      case 'lint':
        return actions.lintAction(name, session);
      case 'new':
        return actions.newAction(name, from, session);
      case 'bump':
        return actions.bumpAction(name, version, session);
      case 'save':
        return actions.saveAction(name, version, session);
      case 'load':
        return actions.loadAction(name, session);
      default:
        return actions.removeAction(name, { dryRun: args['dry-run'], yes: args.yes }, session);
    }
  },
});
