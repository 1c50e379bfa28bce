import type { Command } from './command.ts';
import { commandOf, flagsOf, formsOf, leadingFlags, valuesBy, verbIndex, wordsOfFlag } from './flags.ts';

/** A command line, apart from the words that belong to another program. */
export interface Separated {
  /** The verb comes first, so that a parser knows its flags before it reads one. */
  readonly own: readonly string[];
  /** Word for word: a parser would make a number of `1.10`. */
  readonly rest: readonly string[];
}

/**
 * Takes off the words that belong to another program, so that `gocli ssh node01 ls -la` hands `-la` to ls: those after
 * `--`, or else everything from the first word on after as many positionals as the verb has of its own, a further `--`
 * too. As with ssh(1) and `kubectl exec`, a flag before that word is the verb's: no command begins with a dash. Flags
 * before the verb are put behind it; those that only the other program knows come first among its words.
 */
export function separatePassThrough(argv: readonly string[], commands: readonly Command[]): Separated {
  const at = verbIndex(argv, commands);
  const command = commandOf(argv, commands);
  const leading = command === undefined ? undefined : leadingFlags(argv.slice(0, at), command);
  if (command === undefined || leading === undefined) return { own: argv, rest: [] };
  const wordsOf = (foreign: boolean): string[] =>
    leading.flatMap((flag) => (flag.foreign === foreign ? flag.words : []));
  const { own, rest } = separateBehindVerb(argv.slice(at + 1), command);
  const verb = argv[at] ?? '';
  return { own: [verb, ...wordsOf(false), ...own], rest: [...wordsOf(true), ...rest] };
}

function separateBehindVerb(words: readonly string[], command: Command): Separated {
  if (command.passThroughAfter === undefined) return { own: words, rest: [] };
  const valued = new Set(flagsOf(command).flatMap(({ form, takesValue }) => (takesValue ? [form] : [])));
  const own: string[] = [];
  const foreign: string[] = [];
  let left = command.passThroughAfter;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      if (left === 0) return { own, rest: [...foreign, ...words.slice(at + 1)] };
      // As in `ssh -- HOST COMMAND`: the end of the flags, no more.
      continue;
    }
    const isFlag = word.startsWith('-') && word !== '-';
    if (left === 0 && !(isFlag && isOwn(word, command))) {
      const count = isFlag ? foreignWords(word, command) : undefined;
      if (count === undefined) return { own, rest: [...foreign, ...words.slice(at)] };
      // Behind it a flag of this verb may stand, too: `gocli kubectl -n kube-system --name two get pods`.
      foreign.push(...words.slice(at, at + count));
      at += count - 1;
      continue;
    }
    own.push(word);
    if (!isFlag) left -= 1;
    else if (valueFollows(word, valued)) {
      at += 1;
      own.push(...words.slice(at, at + 1));
    }
  }
  return { own, rest: foreign };
}

/** How many words a flag of the other program takes up, where it has flags of its own before its first word. */
function foreignWords(word: string, command: Command): number | undefined {
  if (command.passThroughAfter !== 0) return undefined;
  // kubectl's level of its log, which before the verb is taken for gocli's own flag.
  const flags = [...formsOf(command.foreignFlags), ...formsOf({ v: { type: 'string' } })];
  return wordsOfFlag(word.replace(/^--v(?==|$)/, '-v'), valuesBy(flags));
}

/**
 * Whether the value of a flag is the next word. Of letters in one word each is a switch up to the first that has a value;
 * a letter that the verb does not know may be a habit that it drops.
 */
function valueFollows(word: string, valued: ReadonlySet<string>): boolean {
  if (word.startsWith('--')) return valued.has(word);
  const letters = Array.from(word.slice(1));
  const first = letters.findIndex((letter) => letter === '=' || valued.has(`-${letter}`));
  return first === letters.length - 1 && letters[first] !== '=';
}

/** What a verb keeps for itself before the first word of a program that has flags of its own there. */
const KEPT = ['--name', '--prefix', '-p', '--help', '-h'];

function isOwn(word: string, command: Command): boolean {
  return command.passThroughAfter !== 0 || KEPT.includes(word.split('=')[0] ?? '');
}
