import { defineCommand } from '../command.ts';
import { writeDone, writeResult } from '../render/output.ts';

export const renameCommand = defineCommand({
  usage: 'rename <cluster> <to>',
  summary: 'Give a cluster another name, whether it runs or not',
  positionals: {
    cluster: { type: 'string', demandOption: true, describe: 'Name of the cluster' },
    to: { type: 'string', demandOption: true, describe: 'Name that it is to have' },
  },
  examples: [['gocli rename k8s-1.36 kept', 'the next gocli run k8s-1.36 starts another one beside it']],
  run: async ({ cluster, to }, session) => {
    const { rename } = await import('../../api/rename.ts');
    await writeDone(rename({ name: cluster, to }, session), (result) => {
      writeResult(session, {
        data: { ...result },
        names: [result.name],
        text: `Cluster ${result.before} is called ${result.name} now.\n`,
      });
    });
    return 0;
  },
});
