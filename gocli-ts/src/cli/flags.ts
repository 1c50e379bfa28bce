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
interface Flag {
  /** `--name` or `-p`. */
  readonly form: string;
  readonly takesValue: boolean;
}

interface Option {
  readonly alias?: string | readonly string[];
  readonly type?: string;
}

/** First word of a command's usage. */
export function verbOf(command: Command): string {
  return command.usage.split(' ')[0] ?? '';
}

/** Every form of every flag that a verb takes, or that may stand before one. */
export function flagsOf(command: Command | undefined): Flag[] {
  const all: Record<string, Option> = {
    ...(GLOBAL_OPTIONS as Record<string, Option>),
    help: { alias: 'h', type: 'boolean' },
    ...(command?.options as Record<string, Option> | undefined),
  };
  return Object.entries(all).flatMap(([name, { alias, type }]) =>
    [name, ...[alias ?? []].flat()].map((form) => ({
      form: form.length === 1 ? `-${form}` : `--${form}`,
      takesValue: type !== 'boolean',
    })),
  );
}

/** Index of the verb: the first word that is neither a flag nor the value of one; -1 without any. */
export function verbIndex(argv: readonly string[]): number {
  const valued = new Set(flagsOf(undefined).flatMap(({ form, takesValue }) => (takesValue ? [form] : [])));
  return argv.findIndex((word, at) => !word.startsWith('-') && !valued.has(argv[at - 1] ?? ''));
}

/** The verb of a command line, when it is one. */
export function commandOf(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  const verb = argv[verbIndex(argv)];
  return commands.find((one) => verbOf(one) === verb);
}
