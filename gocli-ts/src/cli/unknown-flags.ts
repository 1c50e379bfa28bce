import { nearest } from '../shared/text.ts';
import type { Command } from './command.ts';
import { flagsOf } from './flags.ts';

/** The words of a verb, apart from long flags that it does not have. */
interface Apart {
  readonly known: readonly string[];
  /** Their names, without dashes. */
  readonly unknown: readonly string[];
  /** Nobody can say whether the word behind one of them is its value, and so what the rest means. */
  readonly unclear?: true;
}

/**
 * Takes out the long flags that a verb does not have, so that what is wrong with the rest can be said, too. The word
 * behind one is its value when that of the nearest known flag would be.
 */
export function withoutUnknown(words: readonly string[], command: Command): Apart {
  const flags = new Map(flagsOf(command).map(({ form, takesValue }) => [form, takesValue]));
  const known: string[] = [];
  const unknown: string[] = [];
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [form = '', value] = word.split(/=(.*)/s);
    if (at >= end || !/^--[^-]/.test(word) || flags.has(form) || form.startsWith('--no-')) {
      known.push(word);
      continue;
    }
    unknown.push(form.slice(2));
    const next = at + 1 < end ? words[at + 1] : undefined;
    if (value !== undefined || next === undefined || next.startsWith('-')) continue;
    const meant = nearest(form, [...flags.keys()]);
    if (meant === undefined) return { known, unknown, unclear: true };
    if (flags.get(meant) === true) at += 1;
  }
  return { known, unknown };
}
