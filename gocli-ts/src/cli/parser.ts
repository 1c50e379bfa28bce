import type { Argv } from 'yargs';
import { GocliError } from '../errors/error.ts';
import type { Command } from './command.ts';
import { commandOf, detachValues, flagsOf, GLOBAL_OPTIONS, verbOf } from './flags.ts';
import { withLateOptions } from './late-options.ts';
import { separatePassThrough } from './pass-through.ts';
import { throwAll } from '../errors/several.ts';
import { usageError } from './usage-error.ts';

/** What parsing a command line gives. */
export interface Invocation {
  readonly command: Command;
  readonly args: Readonly<Record<string, unknown>>;
  readonly rest: readonly string[];
}

/** Parsed, or text to print (help, version). */
export type ParseResult = { readonly invocation: Invocation } | { readonly text: string };

/** @throws GocliError USAGE with the nearest valid flag or verb, BAD_VALUE */
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
  const onFound: OnFound = (found, args) => {
    invocation = { command: found, args, rest };
  };
  const parser = await buildParser(commands, words, withTexts, onFound);
  await parser.parseAsync(markOperands(own), {}, (_error, _args, output) => {
    text = output;
  });
  if (text !== '') return { text: `${text}\n` };
  if (invocation === undefined) throw usageError('', words, commands);
  checkSwitches(own, command);
  return { invocation };
}

/** Before a word that yargs would not take for an operand; no argument of a program can have this character. */
const OPERAND = '\0';

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

function unmarked(text: string): string {
  return text.replaceAll(OPERAND, '');
}

/** The help text of one verb, or of the whole command line. */
export async function helpText(commands: readonly Command[], verb?: string): Promise<string> {
  const result = await parseCommandLine(verb === undefined ? ['--help'] : ['--help', verb], commands);
  return 'text' in result ? result.text : '';
}

type OnFound = (command: Command, args: Invocation['args']) => void;

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

/** Options as they are declared, or all of them hidden, which changes nothing but the help text. */
function shown<T extends object>(
  options: Readonly<Record<string, T>>,
  withTexts: boolean,
): Record<string, T> {
  if (withTexts) return options;
  const hidden = Object.entries(options).map(
    ([name, option]) => [name, { ...option, hidden: true }] as const,
  );
  return Object.fromEntries(hidden);
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
      onFound(command, checkedValues(args, command));
    },
  );
}

/**
 * The last of a repeated flag counts, and a number must be one: yargs would hand on a list, or NaN.
 * @throws GocliError BAD_VALUE
 */
function checkedValues(args: Readonly<Record<string, unknown>>, command: Command): Record<string, unknown> {
  const { options, positionals } = command;
  const isList = (name: string): boolean =>
    name === '_' || options[name]?.array === true || positionals[name]?.array === true;
  const checked = Object.fromEntries(
    Object.entries(args).map(([name, value]): [string, unknown] => [
      name,
      operand(Array.isArray(value) && !isList(name) ? value.at(-1) : value),
    ]),
  );
  const wrong = Object.keys(command.options).find((name) => Number.isNaN(checked[name]));
  if (wrong === undefined) return checked;
  throw new GocliError('BAD_VALUE', `--${wrong}: not a number`, { hint: `For example: --${wrong} 2` });
}

function operand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(operand);
  return typeof value === 'string' ? unmarked(value) : value;
}

/**
 * yargs reads whatever a switch is given as false, unless it is `true`, and takes `--no-` before any flag.
 * @throws GocliError BAD_VALUE, USAGE
 */
function checkSwitches(words: readonly string[], command: Command | undefined): void {
  const flags = new Map(flagsOf(command).map(({ form, takesValue }) => [form, takesValue]));
  const errors: GocliError[] = [];
  const end = words.indexOf('--');
  for (const word of end === -1 ? words : words.slice(0, end)) {
    const denied = /^--no-([^=]+)/.exec(word)?.[1];
    if (denied !== undefined && flags.get(`--${denied}`) === true && !flags.has(`--no-${denied}`)) {
      const message = `unknown flag --no-${denied}: --${denied} takes a value`;
      errors.push(new GocliError('USAGE', message, { hint: 'Leave it out.' }));
      continue;
    }
    const [, long, letter, value = ''] = /^(?:(--[^=]+)|-[^-=]*([^-=]))=(.*)$/s.exec(word) ?? [];
    const flag = long ?? `-${letter ?? ''}`;
    if (flags.get(flag) !== false || value === 'true' || value === 'false') continue;
    const message = `${flag}: "${value}" is neither true nor false`;
    errors.push(new GocliError('BAD_VALUE', message, { hint: `${flag} alone means true.` }));
  }
  if (command !== undefined) throwAll(errors, `All flags: gocli ${verbOf(command)} --help`);
}
