import { defineGuestOption } from './option.ts';
import { wholeNumber } from './number.ts';
import {
  checkNodes,
  perNodeChange,
  perNodeValue,
  readPerNode,
  type PerNode,
  type PerNodeInput,
} from './per-node.ts';

const MOST = 64;

export const cpu = defineGuestOption({
  describe: 'vCPUs of a node, or of one: 4, node02=8',
  type: 'list',
  alias: 'c',
  variable: 'KUBEVIRT_NUM_VCPU',
  read: (input: PerNodeInput, at) => readPerNode(input, at, (text) => wholeNumber(text, at, 1, MOST)),
  guest: (value: PerNode, plan) => perNodeChange('cpus', value, plan),
  check: (plan, _about, at) => {
    checkNodes(at, 'cpus', plan);
  },
  differs: { what: 'vCPUs per node', of: ({ guest }) => perNodeValue('cpus', guest) },
});
