import { GocliError } from '../../errors/error.ts';
import { defineOption } from './option.ts';

export const pool = defineOption({
  describe: 'Take a cluster that stands ready in the pool of the plan (gocli pool); --no-pool takes none',
  type: 'boolean',
  default: true,
  notWithSnapshot: true,
  read: (input: boolean) => input,
});

/** `off`: takes none. `take`: takes one, and fills none up afterwards, as CI jobs want it. */
export const poolUse = defineOption({
  describe: 'What is done with pools: on, off, or take without filling up afterwards',
  type: 'string',
  onlyVariable: 'GOCLI_POOL',
  read: (input: string, at): 'on' | 'off' | 'take' => {
    if (input === 'on' || input === 'off' || input === 'take') return input;
    throw new GocliError('BAD_VALUE', `${at}: "${input}" is neither on, off nor take`);
  },
});
