import type { Command } from './command.ts';
import { commandOf, flagsOf, verbIndex } from './flags.ts';

/** A command line, apart from the words that belong to another program. */
export interface Separated {
  readonly own: readonly string[];
  /** Word for word: a parser would make a number of `1.10`. */
  readonly rest: readonly string[];
}

/**
 * Takes off the words that belong to another program, so that `gocli ssh node01 ls -la` hands `-la` to ls: those after
 * `--`, or else everything after as many positionals as the verb has of its own, a further `--` too.
 */
export function separatePassThrough(argv: readonly string[], commands: readonly Command[]): Separated {
  const command = commandOf(argv, commands);
  if (command?.passThroughAfter === undefined) return { own: argv, rest: [] };
  const valued = new Set(flagsOf(command).flatMap(({ form, takesValue }) => (takesValue ? [form] : [])));
  let left = command.passThroughAfter;
  for (let at = verbIndex(argv) + 1; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') return { own: argv.slice(0, at), rest: argv.slice(at + 1) };
    const isFlag = word.startsWith('-') && word !== '-';
    if (left === 0 && !(isFlag && isOwn(word, command)))
      return { own: argv.slice(0, at), rest: argv.slice(at) };
    if (isFlag) at += valued.has(word) ? 1 : 0;
    else left -= 1;
  }
  return { own: argv, rest: [] };
}

/** Before the other program's first word only `--name` of the verb itself may stand. */
function isOwn(word: string, command: Command): boolean {
  return command.passThroughAfter === 0 && word.split('=')[0] === '--name';
}
