import type { RemovedRig, RmResult } from '../../api/rm.ts';
import { defineCommand } from '../command.ts';
import { clusterOf, nameOption } from '../options.ts';
import { writeDone, writeResult } from '../render/output.ts';
import type { Session } from '../session.ts';
import { gocliCommand } from '../../shared/command.ts';

export const rmCommand = defineCommand({
  usage: 'rm [cluster]',
  summary: 'Remove a cluster; removing nothing is no error',
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: {
    ...nameOption,
    all: { type: 'boolean', default: false, describe: 'Remove every cluster but those of the pool' },
    // docker's, for what is done anyway: nobody is asked, and what runs goes, too.
    force: { alias: 'f', type: 'boolean', hidden: true, default: false },
  },
  examples: [['gocli rm', 'remove the only cluster there is']],
  run: async (args, session) => {
    const { rm } = await import('../../api/rm.ts');
    await writeDone(rm({ name: clusterOf(args), all: args.all }, session), (result) => {
      write(result, session);
    });
    return 0;
  },
});

function write({ removed, absent, pooled }: RmResult, session: Session): void {
  const sentences = [
    ...removed.map((one) => `Removed cluster ${one.name}.${keptWords(one)}\n`),
    ...absent.map((one) => `${absentWords(one)}${keptWords(one)}\n`),
  ];
  const left =
    pooled.length === 0
      ? ''
      : `What stands ready in the pool stays (${String(pooled.length)}): gocli pool rm\n`;
  writeResult(session, {
    data: { removed },
    names: removed.map(({ name }) => name),
    text: session.typed(
      `${sentences.length === 0 ? 'There is no cluster to remove.\n' : sentences.join('')}${left}`,
    ),
  });
}

function absentWords({ name, calledNow }: RemovedRig): string {
  if (calledNow === undefined) return `There is no cluster ${name} to remove.`;
  return `Cluster ${name} is called ${calledNow} now, and stays as it is. What was left here of the old name was removed.`;
}

function keptWords({ name, snapshots }: RemovedRig): string {
  if (snapshots.length === 0) return '';
  return ` Its snapshots stay: ${snapshots.join(', ')} (${gocliCommand('snapshot restore', name, 'SNAPSHOT')} brings it back).`;
}
