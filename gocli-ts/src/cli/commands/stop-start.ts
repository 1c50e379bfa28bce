import { defineCommand, type Command } from '../command.ts';
import { nameOption } from '../options.ts';

/** Which clusters: one by its name, or all. */
const choice = {
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: {
    ...nameOption,
    all: { type: 'boolean', default: false, describe: 'Every cluster that this concerns' },
  },
} as const;

export const stopCommand: Command = defineCommand({
  usage: 'stop [cluster]',
  summary: 'Save a cluster and free its memory and CPU; start brings it back as it was',
  ...choice,
  run: async (args, session) => (await import('../stop-start-actions.ts')).stopAction(args, session),
});

export const startCommand: Command = defineCommand({
  usage: 'start [cluster]',
  summary: 'Bring a stopped cluster back, on the ports it had that are free',
  ...choice,
  lateOptions: async () => (await import('../../api/start.ts')).START_OPTIONS,
  run: async (args, session) => (await import('../stop-start-actions.ts')).startAction(args, session),
});

export const pauseCommand: Command = defineCommand({
  usage: 'pause [cluster]',
  summary: 'Hold all CPUs of a cluster; its memory stays',
  ...choice,
  run: async (args, session) => (await import('../stop-start-actions.ts')).pauseAction(args, session),
});

export const resumeCommand: Command = defineCommand({
  usage: 'resume [cluster]',
  summary: 'Let a paused cluster go on, with its clocks set',
  ...choice,
  run: async (args, session) => (await import('../stop-start-actions.ts')).resumeAction(args, session),
});
