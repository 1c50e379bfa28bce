import type * as KeptWords from '../../api/kept-registries.ts';
import type { RemovedRig, RmResult } from '../../api/rm.ts';
import { defineCommand } from '../command.ts';
import { clusterOf, nameOption } from '../options.ts';
import { writeDone, writeResult } from '../render/output.ts';
import type { Session } from '../session.ts';
import { gocliCommand } from '../../shared/command.ts';
import { formatBytes } from '../../shared/size.ts';

/** What words are made with; loaded with what removes. */
interface Words extends Pick<typeof KeptWords, 'keptLines' | 'keptSentence'> {
  /** Whether what registries store was to be kept. */
  readonly keeping: boolean;
}

export const rmCommand = defineCommand({
  usage: 'rm [cluster]',
  summary: 'Remove a cluster; removing nothing is no error',
  positionals: { cluster: { type: 'string', describe: 'Name of the cluster' } },
  options: {
    ...nameOption,
    all: { type: 'boolean', default: false, describe: 'Remove every cluster but those of the pool' },
    'keep-registry': {
      type: 'boolean',
      default: false,
      describe: 'Keep what its registry stores for the next cluster of that name; a later rm removes it',
    },
    // docker's, for what is done anyway: nobody is asked, and what runs goes, too.
    force: { alias: 'f', type: 'boolean', hidden: true, default: false },
  },
  examples: [
    ['gocli rm', 'remove the only cluster there is'],
    ['gocli rm dev --keep-registry', 'what was pushed to it is there again in the next cluster "dev"'],
  ],
  run: async (args, session) => {
    const { rm } = await import('../../api/rm.ts');
    const words = await import('../../api/kept-registries.ts');
    await writeDone(
      rm({ name: clusterOf(args), all: args.all, keepRegistry: args['keep-registry'] }, session),
      (result) => {
        write(result, { ...words, keeping: args['keep-registry'] }, session);
      },
    );
    return 0;
  },
});

function write({ removed, absent, pooled, registries }: RmResult, words: Words, session: Session): void {
  const sentences = [
    ...removed.map((one) => `${removedWords(one)}${nothingStored(one, words)}${keptWords(one, words)}\n`),
    ...absent.map((one) => `${absentWords(one)}${keptWords(one, words)}\n`),
  ];
  const left =
    pooled.length === 0
      ? ''
      : `What stands ready in the pool stays (${String(pooled.length)}): gocli pool rm\n`;
  writeResult(session, {
    data: { removed, registries },
    names: removed.map(({ name }) => name),
    text: session.typed(
      `${sentences.length === 0 ? 'There is no cluster to remove.\n' : sentences.join('')}${left}${words.keptLines(registries)}`,
    ),
  });
}

function absentWords({ name, calledNow }: RemovedRig): string {
  if (calledNow === undefined) return `There is no cluster ${name} to remove.`;
  return `Cluster ${name} is called ${calledNow} now, and stays as it is. What was left here of the old name was removed.`;
}

function removedWords({ name, containers, registry }: RemovedRig): string {
  if (containers > 0 || registry?.kept !== false) return `Removed cluster ${name}.`;
  return `Removed what was kept of the registry of ${name}: ${formatBytes(registry.bytes)}.`;
}

function nothingStored({ registry }: RemovedRig, { keeping }: Words): string {
  return keeping && registry === null
    ? ' Nothing of its registry is kept: it stored nothing, or its volume was gone.'
    : '';
}

function keptWords({ name, snapshots, registry }: RemovedRig, { keptSentence }: Words): string {
  const stored = registry?.kept === true ? ` ${keptSentence({ name, bytes: registry.bytes })}` : '';
  if (snapshots.length === 0) return stored;
  return `${stored} Its snapshots stay: ${snapshots.join(', ')} (${gocliCommand('snapshot restore', name, 'SNAPSHOT')} brings it back).`;
}
