import { checkNewRigName } from '../names.ts';
import { defineOption } from './option.ts';

export const name = defineOption({
  describe: 'Name of the cluster',
  type: 'string',
  alias: ['p', 'prefix'],
  read: (input: string, at) => checkNewRigName(input, at),
  host: (value: string) => ({ name: value }),
});
