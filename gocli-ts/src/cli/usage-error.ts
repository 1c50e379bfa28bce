import { GocliError } from '../errors/error.ts';
import { didYouMean } from '../shared/text.ts';
import type { Command } from './command.ts';
import { insteadOfFlag, insteadOfVerb } from './other-words.ts';
import { commandOf, flagsOf, verbIndex, verbOf } from './flags.ts';

/**
 * What yargs complains about, as an error that names the nearest valid flag or verb.
 * @param complaint yargs' own words, in English; several lines for a value that is not among the choices
 */
export function usageError(
  complaint: string,
  argv: readonly string[],
  commands: readonly Command[],
): GocliError {
  const command = commandOf(argv, commands);
  if (command === undefined) return unknownVerb(complaint, argv, commands);
  const hint = `Usage: gocli ${command.usage} (all flags: gocli ${verbOf(command)} --help)`;
  const choice = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(complaint);
  if (choice !== null) {
    const [, name = '', given = '', accepted = ''] = choice;
    return new GocliError('BAD_VALUE', `${written(name, command)}: ${given} is not accepted`, {
      hint: `Accepted: ${accepted}`,
    });
  }
  const unknown = /^Unknown arguments?: (.*)$/.exec(complaint)?.[1];
  if (unknown !== undefined) {
    return new GocliError('USAGE', problems(unknown.split(', '), argv, command), { hint });
  }
  const valueless = /^Not enough arguments following: (.*)$/.exec(complaint)?.[1];
  if (valueless !== undefined) {
    return new GocliError('USAGE', `${written(valueless, command)} needs a value`, { hint });
  }
  const both = /^Arguments (\S+) and (\S+) are mutually exclusive$/.exec(complaint);
  if (both !== null) {
    const [a = '', b = ''] = both.slice(1).map((name) => written(name, command));
    return new GocliError('USAGE', `${a} and ${b} exclude each other`, { hint });
  }
  if (complaint.startsWith('Not enough non-option arguments')) {
    return new GocliError('USAGE', `gocli ${verbOf(command)}: something is missing`, { hint });
  }
  return new GocliError('USAGE', complaint.replace(/\s+/g, ' '), { hint });
}

function unknownVerb(complaint: string, argv: readonly string[], commands: readonly Command[]): GocliError {
  const hint = 'Type: gocli --help';
  const word = argv[verbIndex(argv, commands)];
  if (word !== undefined) {
    const instead = insteadOfVerb(word);
    const near = instead === undefined ? didYouMean(word, commands.map(verbOf)) : '';
    return new GocliError('USAGE', `"${word}" is not a command.${near}`, { hint: instead ?? hint });
  }
  const unknown = /^Unknown arguments?: (.*)$/.exec(complaint)?.[1];
  if (unknown === undefined) return new GocliError('USAGE', 'a command is missing', { hint });
  return new GocliError('USAGE', problems(unknown.split(', '), argv, undefined), { hint });
}

/** One sentence for each word that the verb does not know. */
function problems(words: readonly string[], argv: readonly string[], command: Command | undefined): string {
  const forms = flagsOf(command).map(({ form }) => form);
  const sentences = words.map((word) => {
    const flag = argv.includes(word) ? undefined : `${word.length === 1 ? '-' : '--'}${word}`;
    if (flag === undefined) return `unexpected word "${word}"`;
    const instead = insteadOfFlag(flag);
    if (instead !== undefined) return `unknown flag ${flag}. ${instead}`;
    return `unknown flag ${flag}.${word.length === 1 ? '' : didYouMean(flag, forms)}`;
  });
  return [...new Set(sentences)].join(' ');
}

/** A flag as it is written; a positional by its name. */
function written(name: string, command: Command): string {
  if (name in command.positionals) return name;
  return name.length === 1 ? `-${name}` : `--${name}`;
}
