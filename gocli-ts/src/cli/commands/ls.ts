import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const lsCommand = defineCommand({
  usage: 'ls',
  summary: 'List the clusters of this host',
  run: async (_args, session) => {
    const { findClusters, phaseOf } = await import('../../rig/find.ts');
    const clusters = (await findClusters(session.docker, session.paths)).map((found) => ({
      name: found.name,
      provider: found.state?.plan.guest.provider ?? null,
      nodes: found.state?.plan.guest.nodes ?? 0,
      state: phaseOf(found),
      accelerator: found.state?.accelerator ?? null,
      createdAt: found.state?.createdAt ?? null,
      apiPort: found.state?.ports['6443/tcp'] ?? null,
    }));
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
