import { nearest } from '../shared/text.ts';
import type { Command } from './command.ts';
import { flagsOf, valuesBy } from './flags.ts';

/** A flag that the verb does not have, with its dashes; the name of one whose value is missing; a word too many. */
export type Complaint =
  { readonly unknown: string } | { readonly valueless: string } | { readonly unexpected: string };

/** The words of a verb, apart from those at which its parser would stop. */
interface Apart {
  readonly usable: readonly string[];
  readonly complaints: readonly Complaint[];
  /** Nobody can say whether the word behind an unknown flag is its value, and so what the rest means. */
  readonly unclear?: true;
}

/**
 * Takes out what the parser would stop at: flags that a verb does not have, flags whose value is missing, switches that
 * are given one behind `--no-`, and words too many. So what is wrong with the rest can be said, too.
 * @param words the verb and what stands behind it, values apart from their letters (detachValues)
 */
export function withoutUnusable(words: readonly string[], command: Command): Apart {
  const flags = valuesBy(flagsOf(command));
  const most = mostOperands(command);
  const usable: string[] = [];
  const complaints: Complaint[] = [];
  let operands = 0;
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const following = at + 1 < end ? words[at + 1] : undefined;
    if (word === '--' && at === end) {
      usable.push(word);
      continue;
    }
    if (at > end || !/^-./s.test(word)) {
      if (at > 0) operands += 1;
      // The parser takes such a last word for --help.
      if (operands <= most || (word === 'help' && at + 1 === words.length)) usable.push(word);
      else complaints.push({ unexpected: word });
      continue;
    }
    const flag = readFlag(word, following, flags);
    complaints.push(...flag.complaints);
    usable.push(...flag.usable, ...(flag.taken && flag.usable.length > 0 ? [following ?? ''] : []));
    if (flag.unclear) return { usable, complaints, unclear: true };
    if (flag.taken) at += 1;
  }
  return { usable, complaints };
}

/** How many operands a verb takes. */
function mostOperands({ usage }: Command): number {
  return usage.includes('..') ? Infinity : usage.split(' ').length - 1;
}

/** Whether each form of a flag takes a value. */
type Flags = ReturnType<typeof valuesBy>;

interface ReadFlag {
  /** What is left of its word. */
  readonly usable: readonly string[];
  readonly complaints: readonly Complaint[];
  /** Whether the word behind it is its value. */
  readonly taken: boolean;
  readonly unclear: boolean;
}

function readFlag(word: string, following: string | undefined, flags: Flags): ReadFlag {
  return word.startsWith('--') ? readLong(word, following, flags) : readLetters(word, following, flags);
}

function readLong(word: string, following: string | undefined, flags: Flags): ReadFlag {
  const [form = '', value] = word.split(/=(.*)/s);
  const name = form.slice(2);
  const takesValue = flags.get(form);
  if (takesValue !== undefined) {
    if (!takesValue || value !== undefined) return fine(word, false);
    return isValue(following) ? fine(word, true) : faulty({ valueless: name });
  }
  const denied = flags.get(form.replace(/^--no-/, '--'));
  // What is wrong with it is said by faultsOfSwitches.
  if (denied !== undefined) return { ...fine(word, false), ...(value === undefined ? {} : { usable: [] }) };
  const unknown = { unknown: form };
  if (value !== undefined || !isOperand(following)) return faulty(unknown);
  // The word behind it is its value when that of the nearest known flag would be.
  const meant = nearest(form, [...flags.keys()]);
  return { ...faulty(unknown), unclear: meant === undefined, taken: flags.get(meant ?? '') === true };
}

/** Letters in one word: each is a switch, but the last may have its value in the next word, or behind `=`. */
function readLetters(word: string, following: string | undefined, flags: Flags): ReadFlag {
  const [form = '', value] = word.split(/=(.*)/s);
  const letters = Array.from(form.slice(1));
  const unknown = letters.filter((letter) => !flags.has(`-${letter}`));
  const complaints: Complaint[] = [...new Set(unknown)].map((letter) => ({ unknown: `-${letter}` }));
  const last = letters.at(-1) ?? '';
  const known = letters.filter((letter) => flags.has(`-${letter}`));
  const isLastUnknown = unknown.includes(last);
  const wants = flags.get(`-${last}`) === true && value === undefined;
  const lacks = wants && !isValue(following);
  if (lacks) complaints.push({ valueless: last });
  const left = known.filter((letter, at) => !(lacks && at === known.length - 1)).join('');
  const behind = value === undefined || isLastUnknown ? '' : `=${value}`;
  return {
    usable: left === '' ? [] : [`-${left}${behind}`],
    complaints,
    taken: wants && !lacks,
    unclear: isLastUnknown && value === undefined && isOperand(following),
  };
}

function fine(word: string, taken: boolean): ReadFlag {
  return { usable: [word], complaints: [], taken, unclear: false };
}

function faulty(complaint: Complaint): ReadFlag {
  return { usable: [], complaints: [complaint], taken: false, unclear: false };
}

function isOperand(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith('-');
}

/** Whether the parser takes a word for the value of the flag before it; a number may be below zero. */
function isValue(word: string | undefined): boolean {
  return word !== undefined && !/^-[^\d.]/.test(word);
}
