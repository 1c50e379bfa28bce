import { readFileSync } from 'node:fs';
import { GocliError } from '../errors/error.ts';
import { bytesOf, textOf, visible } from '../shared/raw-names.ts';

/**
 * Words of the command line with the bytes that were typed. Node decodes its arguments, and what is no UTF-8 is lost: it
 * stands as U+FFFD, which hardly any name has. The kernel has kept the bytes.
 * @param line as proc_pid_cmdline(5) has it
 * @throws GocliError USAGE where it is not known which bytes were meant
 */
export function rawWords(words: readonly string[], line: () => Buffer = ofThisProcess): string[] {
  if (!words.some((word) => word.includes('\uFFFD'))) return [...words];
  const typed = [...new Set(textOf(line()).split('\0'))];
  return words.map((word) => {
    if (!word.includes('\uFFFD')) return word;
    const meant = typed.filter((one) => decoded(one) === word);
    const [only] = meant;
    if (only !== undefined && meant.length === 1) return only;
    throw new GocliError(
      'USAGE',
      `the name ${visible(word)} is no UTF-8, and cannot be told from another one`,
      {
        hint: 'Copy the folder that it is in, or name it by a pattern: NODE:/path/a?',
      },
    );
  });
}

function ofThisProcess(): Buffer {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    return Buffer.alloc(0);
  }
}

/** A word as node has it. */
function decoded(word: string): string {
  return bytesOf(word).toString();
}
