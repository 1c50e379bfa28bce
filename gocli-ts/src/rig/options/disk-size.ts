import { GocliError } from '../../errors/error.ts';
import { parseMiB } from '../../shared/size.ts';
import { defineGuestOption } from './option.ts';

/** ext4 of 4 KiB blocks without the 64bit feature ends here, and so does what any development cluster needs. */
const MOST_MIB = 16 * 1024 ** 2;

/** In MiB. Disks take the room that is used in them, not their size. */
export const diskSize = defineGuestOption({
  describe: "Size of every node's disk, at least the image's: 40G",
  type: 'string',
  read: (input: string, at) => parseMiB(input, at),
  guest: (value: number) => ({ diskMiB: value }),
  check: ({ diskMiB }, { facts: { name, disk, defaults } }, at) => {
    if (diskMiB === undefined) return;
    const least = disk ? defaults.diskMiB : undefined;
    if (least === undefined) {
      throw new GocliError('BAD_VALUE', `${at}: the image of ${name} has no disk that can grow`, {
        hint: `Build it anew, if it is of an older gocli: gocli provision`,
      });
    }
    if (diskMiB >= least && diskMiB <= MOST_MIB) return;
    throw new GocliError('BAD_VALUE', `${at}: ${diskMiB}M is out of range`, {
      hint: `From ${least}M, which the image has, to ${MOST_MIB}M.`,
    });
  },
  differs: { what: 'size of the disks (MiB)', of: ({ guest }) => guest.diskMiB },
});
