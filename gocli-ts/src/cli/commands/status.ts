import { EXIT } from '../../errors/codes.ts';
import { defineCommand } from '../command.ts';
import { clusterOf, nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const statusCommand = defineCommand({
  usage: 'status [cluster]',
  summary: 'Show the conditions of a cluster; exit code 8 when it is not Ready',
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: nameOption,
  run: async (args, session) => {
    const { status } = await import('../../api/status.ts');
    const { name: cluster, ready, conditions } = await status({ name: clusterOf(args) }, session);
    writeResult(session, {
      data: { name: cluster, ready, conditions },
      names: conditions.filter(({ met }) => !met).map(({ name }) => name),
      table: [
        ['', 'CONDITION', 'OBSERVED', 'SINCE'],
        ...conditions.map(({ name, met, observed, since }) => [
          met ? '✓' : '✗',
          name,
          observed,
          met ? '' : since,
        ]),
      ],
    });
    return ready ? EXIT.ok : EXIT.notReady;
  },
});
