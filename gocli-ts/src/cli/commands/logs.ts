import { defineCommand } from '../command.ts';
import { nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const logsCommand = defineCommand({
  usage: 'logs [node]',
  summary: "Print the end of a cluster's logs, or export all of them",
  positionals: { node: { type: 'string', describe: 'Only this node' } },
  options: {
    ...nameOption,
    tail: { type: 'number', default: 50, requiresArg: true, describe: 'Lines of each log' },
    export: {
      type: 'string',
      requiresArg: true,
      describe: 'Folder to write all logs and facts to, secrets masked',
    },
  },
  examples: [
    ['gocli logs node01', 'what qemu and the console of node01 said last'],
    ['gocli logs --export ./evidence', 'everything that is needed to find out what went wrong'],
  ],
  run: async (args, session) => {
    const logs = await import('../../api/logs.ts');
    if (args.export !== undefined) {
      const { folder, files, failures } = await logs.exportTo({ ...args, folder: args.export }, session);
      writeResult(session, { data: { folder, files, failures }, names: [folder], text: `${folder}\n` });
      return 0;
    }
    const { renderTails } = await import('../render/log-tails.ts');
    const { logs: tails } = await logs.tail({ ...args, lines: args.tail }, session);
    writeResult(session, {
      data: { logs: tails },
      names: tails.map(({ source }) => source),
      text: renderTails(tails),
    });
    return 0;
  },
});
