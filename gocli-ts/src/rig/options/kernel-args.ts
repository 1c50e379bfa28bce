import { GocliError } from '../../errors/error.ts';
import { readEach } from '../../errors/several.ts';
import { defineGuestOption } from './option.ts';

/** COMMAND_LINE_SIZE of Linux on x86 is 2048 (arch/x86/include/asm/setup.h); half of it is the provider's. */
const MOST = 1024;
/** The kernel splits its command line at blanks outside of double quotes, and knows no escapes (lib/cmdline.c). */
const WORD = /(?:[^\s"]|"[^"]*")+/g;

/** Appended to the kernel command line of every node, behind the provider's own: what comes later counts. */
export const kernelArgs = defineGuestOption({
  describe: 'Appended to the kernel command line of every node: "debug nosmt"',
  type: 'list',
  read: (input: number | string | readonly (number | string)[], at) => {
    const words = readEach([input].flat(), (text) => wordsOf(String(text), at)).flat();
    if (words.join(' ').length <= MOST) return words;
    throw new GocliError('BAD_VALUE', `${at}: longer than ${MOST} characters`);
  },
  guest: (value: readonly string[], plan) => ({ kernelArgs: [...plan.kernelArgs, ...value] }),
  differs: { what: 'kernel arguments', of: ({ guest }) => guest.kernelArgs },
});

function wordsOf(text: string, at: string): string[] {
  const words = text.match(WORD) ?? [];
  const isPlain = /^[\x20-\x7e]*$/.test(text) && text.replaceAll(WORD, '').trim() === '';
  if (isPlain && words.length > 0) return words;
  throw new GocliError('BAD_VALUE', `${at}: ${JSON.stringify(text)} is not a list of kernel arguments`, {
    hint: 'Printable ASCII with blanks between them, for example: debug hugepages=64',
  });
}
