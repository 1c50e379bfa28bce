import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const lsCommand = defineCommand({
  usage: 'ls',
  summary: 'List the clusters of this host',
  // `-a` is docker's, too.
  options: { all: { alias: 'a', type: 'boolean', default: false, describe: 'Those of the pool, too' } },
  withoutKinds: true,
  run: async ({ all }, session) => {
    const { ls } = await import('../../api/ls.ts');
    const { clusters } = await ls({ all }, session);
    writeResult(session, {
      data: { clusters },
      names: clusters.map(({ name }) => name),
      table: [
        ['NAME', 'PROVIDER', 'NODES', 'STATE', 'API PORT', 'CREATED'],
        ...clusters.map((one) => [
          one.name,
          one.provider ?? '-',
          String(one.nodes),
          one.state,
          String(one.apiPort ?? '-'),
          one.createdAt ?? '-',
        ]),
      ],
    });
    return 0;
  },
});
