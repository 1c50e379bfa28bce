import type { Argv } from 'yargs';
import type { InputsOf, OptionList } from '../api/options.ts';
import type { GocliError } from '../errors/error.ts';
import type { Command } from './command.ts';
import { commandOf, detachValues, GLOBAL_OPTIONS, verbOf } from './flags.ts';
import { checkedValues, faultsOfSwitches, OPERAND, unmarked } from './line-faults.ts';
import { withLateOptions } from './late-options.ts';
import { separatePassThrough } from './pass-through.ts';
import { collect, collectLater, throwAll } from '../errors/several.ts';
import { complaintError, usageError } from './usage-error.ts';
import { withoutUnusable } from './unusable-words.ts';

/** What parsing a command line gives. */
export interface Invocation {
  readonly command: Command;
  readonly args: Readonly<Record<string, unknown>>;
  readonly rest: readonly string[];
  /** What is wrong with the line, for a command that tells of it with its own; else that is thrown. */
  readonly faults: readonly GocliError[];
}

/** Parsed, or text to print (help, version). */
export type ParseResult = { readonly invocation: Invocation } | { readonly text: string };

/** @throws GocliError USAGE with the nearest valid flag or verb, BAD_VALUE; of several that are wrong, all */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
): Promise<ParseResult> {
  const words = argv[0] === '--version' ? ['version', ...argv.slice(1)] : argv;
  const ready = await withLateOptions(words, commands);
  const asked = words.includes('--help') || words.includes('-h');
  const result = await parse(words, ready, asked);
  // Help has further forms, such as `-qh` or a last word `help`, which yargs knows best.
  return asked || !('text' in result) ? result : parse(words, ready, true);
}

/**
 * @param withTexts whether help can be printed. Behind every verb it finds yargs renders its help text, wanted or not,
 * and measures each character of it, which takes longer than all the rest of the parsing.
 */
async function parse(
  words: readonly string[],
  commands: readonly Command[],
  withTexts: boolean,
): Promise<ParseResult> {
  let invocation: Invocation | undefined;
  let text = '';
  const { own: written, rest } = separatePassThrough(words, commands);
  const command = commandOf(words, commands);
  const behind = command?.withoutHabits?.(written.slice(1)) ?? written.slice(1);
  const own = [...written.slice(0, 1), ...detachValues(behind, command)];
  // Of a line that does not begin with its verb, what stands before that is all that can be said.
  const isParted = !withTexts && command !== undefined && own[0] === verbOf(command);
  const { usable, complaints, unclear } = isParted
    ? withoutUnusable(own, command)
    : { usable: own, complaints: [] };
  const faults = complaints.map((one) => complaintError(one, words, commands));
  if (unclear === true) await throwFaults(faults, undefined, command);
  const onFound: OnFound = (found, args) => {
    invocation = { command: found, args: checkedValues(args, found, faults), rest, faults };
  };
  const parser = await buildParser(commands, words, withTexts, onFound);
  // It throws some of its complaints before there is a promise.
  const parsing = async (): Promise<unknown> =>
    parser.parseAsync(markOperands(usable), {}, (_error, _args, output) => {
      text = output;
    });
  await collectLater(faults, parsing());
  if (text !== '') return { text: `${text}\n` };
  faults.push(...faultsOfSwitches(own, command));
  if (invocation === undefined && faults.length === 0) throw usageError('', words, commands);
  if (invocation?.command.tellsFaults !== true) await throwFaults(faults, invocation, command);
  if (invocation === undefined) throw usageError('', words, commands);
  return { invocation };
}

/** With what is wrong with values of options that the command would read itself. */
async function throwFaults(
  faults: GocliError[],
  invocation: Invocation | undefined,
  command: Command | undefined,
): Promise<void> {
  if (faults.length === 0) return;
  const { rigOptions } = invocation?.command ?? {};
  if (invocation !== undefined && rigOptions !== undefined) {
    const { AS_FLAGS, readInputs } = await import('../api/options.ts');
    const { inputsOf } = await import('./option-flags.ts');
    collect(faults, () =>
      readInputs(rigOptions, inputsOf(rigOptions, invocation.args) as InputsOf<OptionList>, AS_FLAGS),
    );
  }
  const help = command === undefined ? 'gocli --help' : `gocli ${verbOf(command)} --help`;
  throwAll(faults, `All flags: ${help}`);
}

/**
 * yargs counts no word after `--` as a positional, so `--` goes, and words that look like flags are marked instead. It
 * makes an empty word of a lone `-`, or drops it.
 */
function markOperands(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  const isOperand = (word: string, at: number): boolean =>
    word === '-' || (end !== -1 && at > end && word.startsWith('-'));
  return words
    .map((word, at) => (isOperand(word, at) ? `${OPERAND}${word}` : word))
    .filter((_, at) => at !== end);
}

/** The help text of one verb, or of the whole command line. */
export async function helpText(commands: readonly Command[], verb?: string): Promise<string> {
  const result = await parseCommandLine(verb === undefined ? ['--help'] : ['--help', verb], commands);
  return 'text' in result ? result.text : '';
}

type OnFound = (command: Command, args: Readonly<Record<string, unknown>>) => void;

async function buildParser(
  commands: readonly Command[],
  argv: readonly string[],
  withTexts: boolean,
  onFound: OnFound,
): Promise<Argv> {
  const { default: yargs } = await import('yargs');
  const parser = yargs()
    .scriptName('gocli')
    .usage('$0 <command>\n\nReal Kubernetes clusters on qemu virtual machines, for development and CI.')
    .options(shown(GLOBAL_OPTIONS, withTexts))
    .group(Object.keys(GLOBAL_OPTIONS), 'Every command:')
    .parserConfiguration({ 'greedy-arrays': false, 'camel-case-expansion': false })
    .demandCommand(1, '')
    .strict()
    .locale('en')
    .exitProcess(false)
    .version(false)
    .help()
    .alias('help', 'h')
    .wrap(100)
    // What it says is read again below, so it must not follow the user's language.
    .locale('en')
    .fail((message: string | null, error: Error | null | undefined) => {
      if (error != null && error.name !== 'YError') throw error;
      throw usageError(unmarked(message ?? error?.message ?? ''), argv, commands);
    });
  for (const command of commands) addCommand(parser, command, withTexts, onFound);
  return parser;
}

/**
 * Options as they are declared, or all of them hidden, which changes nothing but the help text, and without the choices of
 * their values, which are looked at together with all else.
 */
function shown<T extends object>(
  options: Readonly<Record<string, T>>,
  withTexts: boolean,
): Record<string, T> {
  if (withTexts) return options;
  const hidden = Object.entries(options).map(
    ([name, option]) => [name, withoutChoices({ ...option, hidden: true })] as const,
  );
  return Object.fromEntries(hidden);
}

function withoutChoices<T extends object>(option: T): T {
  return Object.fromEntries(Object.entries(option).filter(([key]) => key !== 'choices')) as T;
}

function addCommand(parser: Argv, command: Command, withTexts: boolean, onFound: OnFound): void {
  parser.command(
    command.usage,
    command.summary,
    (builder) => {
      for (const [name, option] of Object.entries(shown(command.positionals, withTexts))) {
        builder.positional(name, option as object);
      }
      builder.options(shown(command.options, withTexts));
      if (withTexts) for (const [example, meaning] of command.examples) builder.example(example, meaning);
      return builder;
    },
    (args) => {
      onFound(command, args);
    },
  );
}
