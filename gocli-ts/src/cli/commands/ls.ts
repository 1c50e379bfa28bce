import type { FoundCluster } from '../../cluster/find.ts';
import { defineCommand } from '../command.ts';
import { writeResult } from '../render/output.ts';

export const lsCommand = defineCommand({
  usage: 'ls',
  summary: 'List the clusters of this host',
  run: async (_args, session) => {
    const { findClusters } = await import('../../cluster/find.ts');
    const clusters = (await findClusters(session.docker, session.paths)).map(
      ({ name, containers, state }) => ({
        name,
        provider: state?.plan.guest.provider ?? null,
        nodes: state?.plan.guest.nodes ?? 0,
        state: stateWord(containers, state),
        accelerator: state?.accelerator ?? null,
        createdAt: state?.createdAt ?? null,
        apiPort: state?.ports['6443/tcp'] ?? null,
      }),
    );
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

function stateWord(containers: FoundCluster['containers'], state: FoundCluster['state']): string {
  if (state?.stopped === true) return 'stopped';
  if (containers.length === 0 || containers.some((one) => one.state !== 'running')) return 'broken';
  if (state?.paused === true) return 'paused';
  return state?.readyAt === undefined ? 'starting' : 'running';
}
