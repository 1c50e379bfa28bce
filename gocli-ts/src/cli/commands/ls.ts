import { defineCommand } from '../command.ts';
import { endWords } from '../render/end-words.ts';
import { writeResult } from '../render/output.ts';

export const lsCommand = defineCommand({
  usage: 'ls',
  summary: 'List the clusters of this host',
  // `-a` is docker's, too.
  options: { all: { alias: 'a', type: 'boolean', default: false, describe: 'Those of the pool, too' } },
  withoutKinds: true,
  run: async ({ all }, session) => {
    const { ls } = await import('../../api/ls.ts');
    const { clusters, registries } = await ls({ all }, session);
    const now = session.clock.now();
    const { keptLines } = await import('../../api/kept-registries.ts');
    writeResult(session, {
      data: { clusters, registries },
      names: clusters.map(({ name }) => name),
      table: [
        ['NAME', 'PROVIDER', 'NODES', 'STATE', 'API PORT', 'CREATED', 'ENDS'],
        ...clusters.map((one) => [
          one.name,
          one.provider ?? '-',
          String(one.nodes),
          one.state,
          String(one.apiPort ?? '-'),
          one.createdAt ?? '-',
          one.until === null ? '-' : endWords(one.until, now),
        ]),
      ],
      after: session.typed(keptLines(registries)),
    });
    return 0;
  },
});
