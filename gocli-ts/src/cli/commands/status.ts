import { EXIT } from '../../errors/codes.ts';
import { defineCommand } from '../command.ts';
import { chooseAnyCluster, nameOption } from '../options.ts';
import { writeResult } from '../render/output.ts';

export const statusCommand = defineCommand({
  usage: 'status [cluster]',
  summary: 'Show the conditions of a cluster; exit code 8 when it is not Ready',
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: nameOption,
  run: async (args, session) => {
    const { conditionHistory } = await import('../../rig/condition-history.ts');
    const { clusterStatus } = await import('../../rig/status.ts');
    const found = await chooseAnyCluster(args.cluster ?? args.name, session);
    const { ready, conditions } = await clusterStatus(found, session);
    const dated = await conditionHistory(session.paths, found.name, conditions, session.clock.now());
    writeResult(session, {
      data: { name: found.name, ready, conditions: dated },
      names: dated.filter(({ met }) => !met).map(({ name }) => name),
      table: [
        ['', 'CONDITION', 'OBSERVED', 'SINCE'],
        ...dated.map(({ name, met, observed, since }) => [met ? '✓' : '✗', name, observed, met ? '' : since]),
      ],
    });
    return ready ? EXIT.ok : EXIT.notReady;
  },
});
