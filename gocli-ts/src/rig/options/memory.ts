import { GocliError } from '../../errors/error.ts';
import { parseMiB } from '../../shared/size.ts';
import { nodePlans } from '../plan.ts';
import { defineGuestOption } from './option.ts';
import {
  checkNodes,
  perNodeChange,
  perNodeValue,
  readPerNode,
  type PerNode,
  type PerNodeInput,
} from './per-node.ts';

/** In MiB. */
export const memory = defineGuestOption({
  describe: 'Memory of a node, or of one: 3072M, node02=4G',
  type: 'list',
  alias: 'm',
  variable: 'KUBEVIRT_MEMORY_SIZE',
  read: (input: PerNodeInput, at) => readPerNode(input, at, (text) => parseMiB(text, at)),
  guest: (value: PerNode, plan) => perNodeChange('memoryMiB', value, plan),
  check: (plan, { kind: { leastMemoryMiB: least } }, at) => {
    checkNodes(at, 'memoryMiB', plan);
    const small = nodePlans(plan).find(({ memoryMiB }) => memoryMiB < least);
    if (small === undefined) return;
    throw new GocliError('BAD_VALUE', `${at}: ${small.memoryMiB}M is too little`, {
      hint: `A node needs at least ${least}M.`,
    });
  },
  differs: { what: 'memory per node (MiB)', of: ({ guest }) => perNodeValue('memoryMiB', guest) },
});
