import { isIPv4 } from 'node:net';
import { GocliError } from '../../errors/error.ts';
import { overlap } from '../../host/routes.ts';
import { NODE_SUBNET } from '../../network/addresses.ts';
import { nodeSubnet } from '../plan.ts';
import { defineGuestOption } from './option.ts';

/** Nodes have the addresses .101 to .199 of it, and what serves them has .2: see network/addresses.ts. */
const BITS = 24;
/** First numbers of addresses that no machine can have (RFC 6890: this network, loopback; RFC 5771: multicast). */
const isUsable = (first: number, second: number): boolean =>
  first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254);

/** Network of the nodes. That of kubevirtci is no change of the plan, however it was asked for. */
export const network = defineGuestOption({
  describe: 'Network of the nodes, 256 addresses: 10.5.0.0/24',
  type: 'string',
  variable: 'GOCLI_NETWORK',
  read: readNetwork,
  guest: (value: string) => (value === NODE_SUBNET ? {} : { network: value }),
  check: (plan, { kind }, at) => {
    if (plan.network === undefined) return;
    for (const [whose, other] of Object.entries(kind.networks?.(plan) ?? {})) {
      if (!overlap(plan.network, other)) continue;
      throw new GocliError('BAD_VALUE', `${at}: ${plan.network} overlaps with the network of the ${whose}`, {
        hint: `That one is ${other}.`,
      });
    }
  },
  differs: { what: 'network of the nodes', of: ({ guest }) => nodeSubnet(guest) },
});

function readNetwork(input: string, at: string): string {
  const refuse = (why: string, hint: string): GocliError =>
    new GocliError('BAD_VALUE', `${at}: "${input}" ${why}`, { hint });
  const [, address = '', length = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(input) ?? [];
  const numbers = address.split('.').map(Number);
  const [first = 0, second = 0, , last = 0] = numbers;
  if (!isIPv4(address) || !isUsable(first, second))
    throw refuse('is no network that nodes can have', 'An IPv4 network, such as 10.5.0.0/24.');
  const fitting = `${numbers.slice(0, 3).join('.')}.0/${BITS.toFixed(0)}`;
  if (Number(length) !== BITS)
    throw refuse(`has another size than /${BITS.toFixed(0)}`, `Nodes end with .101 to .199: ${fitting}`);
  if (last !== 0) throw refuse('is an address in a network', `The network is ${fitting}`);
  return fitting;
}
