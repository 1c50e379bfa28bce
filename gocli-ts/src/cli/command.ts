import type { InferredOptionTypes, Options } from 'yargs';
import type { GocliError } from '../errors/error.ts';
import type { Names, OptionList } from '../api/options.ts';
import type { Session } from './session.ts';

/** A flag in yargs' form. */
export interface Flag extends Options {
  /** What of this host's is meant by its value. */
  readonly completes?: Names;
}

type OptionSet = Readonly<Record<string, Flag>>;
type Parsed<O extends OptionSet> = { [K in keyof InferredOptionTypes<O>]: InferredOptionTypes<O>[K] };

/** One verb of the command line. What it needs beyond parsing is imported by its handler, to keep `--help` quick. */
export interface Command {
  /** Verb and positionals in yargs' notation: `ssh <node>`. */
  readonly usage: string;
  readonly summary: string;
  readonly positionals: OptionSet;
  readonly options: OptionSet;
  /** Options of rigs that it has too, loaded when the verb is this one. */
  readonly lateOptions?: () => Promise<OptionList>;
  /** These, once they are loaded; their flags are among the options then. */
  readonly rigOptions?: OptionList;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Verbs whose words after the given number of positionals belong to another program. */
  readonly passThroughAfter?: number;
  /** Flags of the other program that may stand before the verb; they are handed on. */
  readonly foreignFlags: OptionSet;
  /** Never asks what a rig is for, and is to be quick. */
  readonly withoutKinds?: true;
  /** Takes what users of another program write from habit out of the words behind the verb. */
  readonly withoutHabits?: (words: readonly string[]) => readonly string[];
  /** Tells of faults of the command line together with those of its own: it is run though there are some. */
  readonly tellsFaults?: true;
  /** Returns the exit code. `rest` are the words after `--`; `faults` what is wrong with the command line. */
  run(
    args: Readonly<Record<string, unknown>>,
    session: Session,
    rest: readonly string[],
    faults: readonly GocliError[],
  ): Promise<number>;
}

interface CommandDefinition<P extends OptionSet, O extends OptionSet> {
  readonly usage: string;
  readonly summary: string;
  readonly positionals?: P;
  readonly options?: O;
  readonly lateOptions?: () => Promise<OptionList>;
  readonly examples?: readonly (readonly [command: string, meaning: string])[];
  readonly passThroughAfter?: number;
  readonly foreignFlags?: OptionSet;
  readonly withoutKinds?: true;
  readonly withoutHabits?: (words: readonly string[]) => readonly string[];
  readonly tellsFaults?: true;
  run(
    args: Parsed<P> & Parsed<O>,
    session: Session,
    rest: readonly string[],
    faults: readonly GocliError[],
  ): Promise<number>;
}

/** Declares a verb; the types of its arguments follow from its options. */
export function defineCommand<const P extends OptionSet, const O extends OptionSet>(
  definition: CommandDefinition<P, O>,
): Command {
  const { usage, summary, positionals, options, lateOptions, examples } = definition;
  const {
    passThroughAfter,
    foreignFlags,
    withoutHabits,
    withoutKinds = false,
    tellsFaults = false,
  } = definition;
  return {
    usage,
    summary,
    positionals: positionals ?? {},
    options: options ?? {},
    examples: examples ?? [],
    foreignFlags: foreignFlags ?? {},
    ...(lateOptions === undefined ? {} : { lateOptions }),
    ...(passThroughAfter === undefined ? {} : { passThroughAfter }),
    ...(withoutKinds ? { withoutKinds } : {}),
    ...(tellsFaults ? { tellsFaults } : {}),
    ...(withoutHabits === undefined ? {} : { withoutHabits }),
    // yargs has checked and converted the arguments by the very options their type is inferred from.
    run: (args, session, rest, faults) =>
      definition.run(args as Parsed<P> & Parsed<O>, session, rest, faults),
  };
}
