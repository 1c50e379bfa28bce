import { GocliError } from '../errors/error.ts';
import { didYouMean } from '../shared/text.ts';
import type { Command } from './command.ts';
import { insteadOfFlag, insteadOfVerb } from './other-words.ts';
import type { Complaint } from './unusable-words.ts';
import { type Flag, commandOf, flagsOf, formsOf, valuesBy, verbIndex, verbOf, wordsOfFlag } from './flags.ts';

/**
 * What yargs complains about, as an error that names the nearest valid flag or verb.
 * @param complaint yargs' own words, in English
 */
export function usageError(
  complaint: string,
  argv: readonly string[],
  commands: readonly Command[],
): GocliError {
  const stranger = strangerBefore(argv, commands);
  if (stranger !== undefined) return stranger;
  const command = commandOf(argv, commands);
  if (command === undefined) return unknownVerb(complaint, argv, commands);
  const hint = hintOf(command);
  const unknown = /^Unknown arguments?: (.*)$/.exec(complaint)?.[1];
  if (unknown !== undefined) {
    return new GocliError('USAGE', problems(unknown.split(', '), argv, command), { hint });
  }
  const valueless = /^Not enough arguments following: (.*)$/.exec(complaint)?.[1];
  if (valueless !== undefined) return complaintError({ valueless }, argv, commands);
  const both = /^Arguments (\S+) and (\S+) are mutually exclusive$/.exec(complaint);
  if (both !== null) {
    const [a = '', b = ''] = both.slice(1).map((name) => written(name, command));
    return new GocliError('USAGE', `${a} and ${b} exclude each other`, { hint });
  }
  const lacking = /^Missing required arguments?: (.*)$/.exec(complaint)?.[1];
  if (lacking !== undefined) {
    const names = lacking.split(', ').map((name) => written(name, command));
    return new GocliError('USAGE', `missing: ${names.join(', ')}`, { hint });
  }
  if (complaint.startsWith('Not enough non-option arguments')) {
    return new GocliError('USAGE', `gocli ${verbOf(command)}: something is missing`, { hint });
  }
  return new GocliError('USAGE', complaint.replace(/\s+/g, ' '), { hint });
}

/** One complaint about the words behind a verb. */
export function complaintError(
  complaint: Complaint,
  argv: readonly string[],
  commands: readonly Command[],
): GocliError {
  const command = commandOf(argv, commands);
  return new GocliError('USAGE', sentence(complaint, command), {
    hint: command === undefined ? undefined : hintOf(command),
  });
}

function sentence(complaint: Complaint, command: Command | undefined): string {
  if ('unexpected' in complaint) return `unexpected word "${complaint.unexpected}"`;
  if ('unknown' in complaint) return unknownFlag(complaint.unknown, command);
  const { valueless } = complaint;
  return `${command === undefined ? valueless : written(valueless, command)} needs a value`;
}

/**
 * A flag before the verb that it does not have. Whether the next word is its value cannot be told, nor so what the verb
 * is: what the parser makes of the rest would mislead.
 * @throws GocliError USAGE in the words of the program whose flag it is
 */
function strangerBefore(argv: readonly string[], commands: readonly Command[]): GocliError | undefined {
  const verbs = commands.map(verbOf);
  const command = commands[verbs.indexOf(argv.find((word) => verbs.includes(word)) ?? '')];
  const isEnd = (word: string): boolean => (command === undefined ? !/^-./.test(word) : verbs.includes(word));
  const end = argv.findIndex(isEnd);
  const before = argv.slice(0, end === -1 ? argv.length : end);
  const known = command === undefined ? commands.flatMap(flagsOf) : flagsBefore(command);
  const flag = unknownFlagOf(before, known);
  if (flag === undefined) return undefined;
  command?.withoutHabits?.(before);
  const instead = insteadOfFlag(flag) ?? '';
  const hint = command === undefined ? 'Type: gocli --help' : hintOf(command);
  return new GocliError('USAGE', `unknown flag ${flag}. ${instead}`.trimEnd(), { hint });
}

/** What may stand before a verb: its own flags, and those of the program that it runs. */
function flagsBefore(command: Command): Flag[] {
  return [...flagsOf(command), ...formsOf(command.foreignFlags)];
}

/** The first of some words that is a flag, and none of these. */
function unknownFlagOf(words: readonly string[], known: readonly Flag[]): string | undefined {
  const flags = valuesBy(known);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!/^-[^-]|^--[^-]/.test(word)) continue;
    const count = wordsOfFlag(word, flags);
    if (count === undefined) return word.split('=')[0];
    at += count - 1;
  }
  return undefined;
}

function hintOf(command: Command): string {
  return `Usage: gocli ${command.usage} (all flags: gocli ${verbOf(command)} --help)`;
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
  const sentences = words.map((said) => {
    // So the parser writes a word that is empty.
    const word = said === '""' && argv.includes('') ? '' : said;
    if (argv.includes(word)) return sentence({ unexpected: word }, command);
    return sentence({ unknown: `${word.length === 1 ? '-' : '--'}${word}` }, command);
  });
  return [...new Set(sentences)].join(' ');
}

/** @param flag with its dashes */
function unknownFlag(flag: string, command: Command | undefined): string {
  const instead = insteadOfFlag(flag);
  if (instead !== undefined) return `unknown flag ${flag}. ${instead}`;
  const forms = flagsOf(command)
    .map(({ form }) => form)
    .filter((form) => form.startsWith('--'));
  return `unknown flag ${flag}.${flag.startsWith('--') ? didYouMean(flag, forms) : ''}`;
}

/** A flag as it is written; a positional by its name. */
export function written(name: string, command: Command): string {
  if (name in command.positionals) return name;
  return name.length === 1 ? `-${name}` : `--${name}`;
}
