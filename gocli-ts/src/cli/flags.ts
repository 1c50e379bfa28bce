import type { Command } from './command.ts';
import { PROGRESS_MODES } from './render/progress.ts';
import { OUTPUT_FORMATS } from './session.ts';

/** Flags that every verb has. */
export const GLOBAL_OPTIONS = {
  output: {
    alias: 'o',
    choices: OUTPUT_FORMATS,
    requiresArg: true,
    describe: 'Form of the result on stdout',
  },
  progress: {
    choices: PROGRESS_MODES,
    default: 'auto',
    requiresArg: true,
    describe: 'Form of the progress on stderr',
  },
  quiet: {
    alias: 'q',
    type: 'boolean',
    default: false,
    describe: 'No progress, only warnings and the result',
  },
  verbose: {
    alias: 'v',
    type: 'boolean',
    default: false,
    describe: 'Also log lines, and stack traces of defects',
  },
} as const;

/** A flag in one of the forms it may be written in. */
export interface Flag {
  /** `--name` or `-p`. */
  readonly form: string;
  readonly takesValue: boolean;
}

interface Option {
  readonly alias?: string | readonly string[] | undefined;
  readonly type?: string | undefined;
}

/** First word of a command's usage. */
export function verbOf(command: Command): string {
  return command.usage.split(' ')[0] ?? '';
}

/** Every form of every flag that a verb takes, or that may stand before one. */
export function flagsOf(command: Command | undefined): Flag[] {
  return formsOf({
    ...(GLOBAL_OPTIONS as Record<string, Option>),
    help: { alias: 'h', type: 'boolean' },
    ...(command?.options as Record<string, Option> | undefined),
  });
}

/** Whether each form of some flags takes a value. */
export function valuesBy(flags: readonly Flag[]): ReadonlyMap<string, boolean> {
  return new Map(flags.map(({ form, takesValue }) => [form, takesValue]));
}

/** Every form of these flags. */
export function formsOf(options: Readonly<Record<string, Option>>): Flag[] {
  return Object.entries(options).flatMap(([name, { alias, type }]) =>
    [name, ...[alias ?? []].flat()].map((form) => ({
      form: form.length === 1 ? `-${form}` : `--${form}`,
      takesValue: type !== 'boolean' && type !== 'count',
    })),
  );
}

/**
 * Index of the verb; -1 without any. It is the first word before which only its own flags stand, so that the cluster in
 * `--name rm ssh node01` is no verb; else the first word that is neither a flag nor the value of one.
 */
export function verbIndex(argv: readonly string[], commands: readonly Command[]): number {
  const at = argv.findIndex((word, index) =>
    commands.some((one) => verbOf(one) === word && leadingFlags(argv.slice(0, index), one) !== undefined),
  );
  if (at !== -1) return at;
  const known = [undefined, ...commands].flatMap(flagsOf);
  const valued = new Set(known.flatMap(({ form, takesValue }) => (takesValue ? [form] : [])));
  return argv.findIndex((word, index) => !word.startsWith('-') && !valued.has(argv[index - 1] ?? ''));
}

/** The verb of a command line, when it is one. */
export function commandOf(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  const verb = argv[verbIndex(argv, commands)];
  return commands.find((one) => verbOf(one) === verb);
}

/** A flag as it was written, with its value. */
interface LeadingFlag {
  readonly words: readonly string[];
  /** Whether it belongs to the program that the verb runs. */
  readonly foreign: boolean;
}

/** The flags before a verb; undefined when something else stands there, too, or a value is missing. */
export function leadingFlags(words: readonly string[], command: Command): LeadingFlag[] | undefined {
  const own = valuesBy(flagsOf(command));
  const foreign = valuesBy(formsOf(command.foreignFlags));
  const found: LeadingFlag[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const isForeign = wordsOfFlag(word, foreign);
    const count = isForeign ?? wordsOfFlag(word, own);
    if (count === undefined || at + count > words.length) return undefined;
    found.push({ words: words.slice(at, at + count), foreign: isForeign !== undefined });
    at += count - 1;
  }
  return found;
}

/**
 * How many words a flag takes up, its own included; undefined for what is no flag of these.
 * @param flags whether a form takes a value
 */
export function wordsOfFlag(word: string, flags: ReadonlyMap<string, boolean>): number | undefined {
  const [form = '', value] = word.split(/=(.*)/s);
  if (form.startsWith('--')) {
    const takesValue = flags.get(form);
    if (takesValue === undefined) return flags.get(form.replace(/^--no-/, '--')) === false ? 1 : undefined;
    return takesValue && value === undefined ? 2 : 1;
  }
  if (!/^-[^-]/s.test(word)) return undefined;
  // Letters in one word: each is a switch, but the first that takes a value has it behind itself.
  for (const [index, letter] of Array.from(form.slice(1)).entries()) {
    const takesValue = flags.get(`-${letter}`);
    if (takesValue === undefined) return undefined;
    if (takesValue) return index + 2 === word.length ? 2 : 1;
  }
  return 1;
}

/**
 * The words of a verb, with each value that is attached to its letter apart from it, as getopt(3) reads `-ojson`. yargs
 * would take each letter of that for a flag.
 */
export function detachValues(words: readonly string[], command: Command | undefined): string[] {
  const flags = valuesBy(flagsOf(command));
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return words.flatMap((word, at) => {
    const letters = at < end && /^-[^-=]/.test(word) ? Array.from(word.slice(1)) : [];
    const first = letters.findIndex((letter) => flags.get(`-${letter}`) !== false);
    const letter = letters[first];
    const value = letters.slice(first + 1).join('');
    if (letter === undefined || flags.get(`-${letter}`) !== true || /^(=|$)/.test(value)) return [word];
    return [...(first === 0 ? [] : [`-${letters.slice(0, first).join('')}`]), `-${letter}`, value];
  });
}
