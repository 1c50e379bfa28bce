import { checkNewRigName } from '../names.ts';
import { defineOption } from './option.ts';

export const name = defineOption({
  describe: 'Name of the cluster',
  type: 'string',
  alias: ['p', 'prefix'],
  completes: 'clusters',
  // Of the scripts of cluster-up, which make it of the CI job's name.
  variable: 'GOCLI_CLUSTER',
  read: (input: string, at) => checkNewRigName(input, at),
  host: (value: string) => ({ name: value }),
});
