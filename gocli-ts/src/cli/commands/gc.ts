import { defineCommand } from '../command.ts';
import { writeDone, writeResult } from '../render/output.ts';

export const gcCommand = defineCommand({
  usage: 'gc',
  summary: 'Remove templates that are not in use and old, without their image or over the budget',
  examples: [['GOCLI_TEMPLATE_BUDGET=10G gocli gc', 'let all templates together have 10 GiB']],
  run: async (_args, session) => {
    const { gc } = await import('../../api/gc.ts');
    await writeDone(gc({}, session), ({ removed }) => {
      writeResult(session, {
        data: { removed },
        names: removed.map(({ id }) => id),
        text:
          removed.length === 0
            ? 'There is no template to remove.\n'
            : removed.map(({ id, why }) => `Removed template ${id}: ${why}.\n`).join(''),
      });
    });
    return 0;
  },
});
