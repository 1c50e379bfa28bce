import { defineGuestOption } from './option.ts';
import { wholeNumber } from './number.ts';

/** Names and addresses end with two digits. */
const MOST = 99;

export const nodes = defineGuestOption({
  describe: 'Number of nodes',
  type: 'number',
  alias: 'n',
  underlies: true,
  variable: 'KUBEVIRT_NUM_NODES',
  read: (input: number | string, at) => wholeNumber(input, at, 1, MOST),
  guest: (value: number) => ({ nodes: value }),
  differs: { what: 'nodes', of: ({ guest }) => guest.nodes },
});
