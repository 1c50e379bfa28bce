import { verbOf } from './flags.ts';
import type { Command } from './command.ts';

/**
 * The commands with all their options, as far as this command line may have to do with them. What a rig may be told are
 * two dozen files, which the start of every other command should not pay for.
 */
export function withLateOptions(
  argv: readonly string[],
  commands: readonly Command[],
): Promise<readonly Command[]> {
  return Promise.all(
    commands.map(async (command) => (concerns(argv, command) ? complete(command) : command)),
  );
}

/** Flags before the verb may be those of any; without a word beside flags there is no verb. */
function concerns(argv: readonly string[], command: Command): boolean {
  const [first] = argv;
  if (first?.startsWith('-') !== true) return first === verbOf(command);
  return argv.some((word) => !word.startsWith('-'));
}

async function complete(command: Command): Promise<Command> {
  if (command.lateOptions === undefined) return command;
  // Its own stand behind those of the rig, as in the help text of a command that has none of these.
  const { flagsOfOptions } = await import('./option-flags.ts');
  const rigOptions = await command.lateOptions();
  return { ...command, rigOptions, options: { ...flagsOfOptions(rigOptions), ...command.options } };
}
