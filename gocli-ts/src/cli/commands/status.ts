import { EXIT } from '../../errors/codes.ts';
import type { StatusResult } from '../../api/status.ts';
import { formatSeconds } from '../../shared/text.ts';
import { defineCommand } from '../command.ts';
import { clusterOf, nameOption } from '../options.ts';
import { endWords } from '../render/end-words.ts';
import { writeResult } from '../render/output.ts';

export const statusCommand = defineCommand({
  usage: 'status [cluster]',
  summary: 'Show the conditions of a cluster; exit code 8 when it is not Ready',
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: nameOption,
  run: async (args, session) => {
    const { status } = await import('../../api/status.ts');
    const {
      name: cluster,
      ready,
      conditions,
      clocks,
      until,
    } = await status({ name: clusterOf(args) }, session);
    writeResult(session, {
      data: { name: cluster, ready, conditions, clocks, until },
      names: conditions.filter(({ met }) => !met).map(({ name }) => name),
      table: [
        ['', 'CONDITION', 'OBSERVED', 'SINCE'],
        ...conditions.map(({ name, met, observed, since }) => [
          met ? '✓' : '✗',
          name,
          observed,
          met ? '' : since,
        ]),
        ...(until === null ? [] : [['', 'time limit', endWords(until, session.clock.now()), '']]),
        ...clocks.map((clock) => ['', `clock of ${clock.node}`, offsetOf(clock), '']),
      ],
    });
    return ready ? EXIT.ok : EXIT.notReady;
  },
});

function offsetOf({ offsetMs }: StatusResult['clocks'][number]): string {
  if (offsetMs === null) return 'no answer from its guest agent';
  return `${formatSeconds(Math.abs(offsetMs) / 1000)} ${offsetMs < 0 ? 'behind' : 'ahead of'} the host`;
}
