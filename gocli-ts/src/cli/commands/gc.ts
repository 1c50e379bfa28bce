import { defineCommand } from '../command.ts';
import { writeDone, writeResult } from '../render/output.ts';

export const gcCommand = defineCommand({
  usage: 'gc',
  summary: 'Remove clusters whose --ttl is over, and templates that nobody misses',
  options: { 'dry-run': { type: 'boolean', default: false, describe: 'Only show what would go' } },
  examples: [
    ['GOCLI_TEMPLATE_BUDGET=10G gocli gc', 'let all templates together have 10 GiB'],
    ['gocli gc --dry-run', 'what would go, and what was kept of registries, which stays'],
  ],
  run: async (args, session) => {
    const dryRun = args['dry-run'];
    const { gc } = await import('../../api/gc.ts');
    const { reapedWords } = await import('../../api/reap.ts');
    const { keptLines } = await import('../../api/kept-registries.ts');
    await writeDone(gc({ dryRun }, session), ({ removed, rigs, registries }) => {
      const lines = dryRun
        ? [
            ...rigs.map(
              ({ name, until }) =>
                `Would remove cluster ${name}, whose time was over at ${until.slice(0, 19)}Z.\n`,
            ),
            ...removed.map(({ id, why }) => `Would remove template ${id}: ${why}.\n`),
          ]
        : [
            ...rigs.map((one) => `${reapedWords(one)}\n`),
            ...removed.map(({ id, why }) => `Removed template ${id}: ${why}.\n`),
          ];
      const done =
        lines.length === 0
          ? 'There is no template to remove, and no cluster whose time is over.\n'
          : lines.join('');
      writeResult(session, {
        data: { dryRun, removed, rigs, registries },
        names: [...rigs.map(({ name }) => name), ...removed.map(({ id }) => id)],
        text: session.typed(`${done}${keptLines(registries)}`),
      });
    });
    return 0;
  },
});
