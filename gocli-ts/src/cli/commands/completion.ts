import { GocliError } from '../../errors/error.ts';
import { defineCommand } from '../command.ts';
import { SHELLS } from '../completion/scripts.ts';

export const completionCommand = defineCommand({
  usage: 'completion <shell>',
  summary: 'Print the completion script of a shell',
  positionals: {
    shell: {
      choices: [...SHELLS, 'candidates'] as const,
      demandOption: true,
      describe: 'Your shell; "candidates" is what the scripts call',
    },
  },
  passThroughAfter: 1,
  examples: [
    ['source <(gocli completion bash)', 'complete in this shell'],
    ['gocli completion fish > ~/.config/fish/completions/gocli.fish', 'complete in every fish'],
  ],
  run: async ({ shell }, session, rest) => {
    if (shell === 'candidates') {
      const { candidates } = await import('../completion/candidates.ts');
      const { namesOnHost } = await import('../../api/names.ts');
      const { COMMANDS } = await import('../commands.ts');
      const words = await candidates(rest, COMMANDS, namesOnHost(session));
      session.stdout.write(words.map((word) => `${word}\n`).join(''));
    } else if (rest.length > 0) {
      throw new GocliError('USAGE', `unexpected word "${rest[0] ?? ''}"`, {
        hint: 'Usage: gocli completion <shell>',
      });
    } else {
      const { COMPLETION_SCRIPTS } = await import('../completion/scripts.ts');
      session.stdout.write(COMPLETION_SCRIPTS[shell]);
    }
    return 0;
  },
});
