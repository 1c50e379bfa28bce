import { defineCommand } from '../command.ts';

export const poolCommand = defineCommand({
  usage: 'pool <action> [pool]',
  summary: 'Keep clusters ready, warmed and paused, which run takes in less than a second',
  positionals: {
    action: {
      type: 'string',
      choices: ['set', 'ls', 'fill', 'rm'],
      demandOption: true,
      describe: 'What to do',
    },
    pool: { type: 'string', describe: 'Provider; for rm also the id of the pool' },
  },
  options: {
    wait: { type: 'boolean', default: false, describe: 'Wait until the pools are full (set, fill)' },
    'at-boot': {
      type: 'boolean',
      default: false,
      describe: "Let the user's systemd fill the pools after a boot of the host (set)",
    },
    all: { type: 'boolean', default: false, describe: 'Every pool (rm)' },
    background: { type: 'boolean', default: false, hidden: true },
  },
  lateOptions: async () => (await import('../../api/pool.ts')).SET_OPTIONS,
  examples: [
    ['gocli pool set k8s-1.36 --size 2', 'two clusters of the default plan stand ready from now on'],
    ['gocli pool fill --wait', 'in the set-up of a CI runner'],
    ['gocli pool rm --all', 'no more of this'],
  ],
  run: async (args, session) => {
    const actions = await import('../pool-actions.ts');
    switch (args.action) {
      case 'set':
        return actions.setAction(args, session);
      case 'ls':
        return actions.listAction(args, session);
      case 'fill':
        return actions.fillAction(args, session);
      default:
        return actions.removeAction(args, session);
    }
  },
});
