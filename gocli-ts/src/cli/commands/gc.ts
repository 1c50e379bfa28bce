import { defineCommand } from '../command.ts';
import { writeDone, writeResult } from '../render/output.ts';

export const gcCommand = defineCommand({
  usage: 'gc',
  summary: 'Remove clusters whose --ttl is over, and templates that nobody misses',
  examples: [['GOCLI_TEMPLATE_BUDGET=10G gocli gc', 'let all templates together have 10 GiB']],
  run: async (_args, session) => {
    const { gc } = await import('../../api/gc.ts');
    const { reapedWords } = await import('../../api/reap.ts');
    await writeDone(gc({}, session), ({ removed, rigs }) => {
      const lines = [
        ...rigs.map((one) => `${reapedWords(one)}\n`),
        ...removed.map(({ id, why }) => `Removed template ${id}: ${why}.\n`),
      ];
      writeResult(session, {
        data: { removed, rigs },
        names: [...rigs.map(({ name }) => name), ...removed.map(({ id }) => id)],
        text:
          lines.length === 0
            ? 'There is no template to remove, and no cluster whose time is over.\n'
            : lines.join(''),
      });
    });
    return 0;
  },
});
