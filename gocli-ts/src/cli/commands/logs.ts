import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { chooseCluster, nameOption } from '../options.ts';
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
    const found = await chooseCluster(args.name, session);
    if (args.export !== undefined) {
      const { exportLogs } = await import('../../rig/logs/export.ts');
      const folder = resolve(session.cwd, args.export);
      const { files, failures } = await exportLogs(found, folder, session);
      writeResult(session, { data: { folder, files, failures }, names: [folder], text: `${folder}\n` });
      return 0;
    }
    const { renderTails, tailLogs } = await import('../../rig/logs/tail.ts');
    const logs = await tailLogs(found, args.node, args.tail, session);
    writeResult(session, {
      data: { logs },
      names: logs.map(({ source }) => source),
      text: renderTails(logs),
    });
    return 0;
  },
});
