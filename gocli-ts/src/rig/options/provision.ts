import { defineOption } from './option.ts';

export const provision = defineOption({
  describe: 'Provision the provider when its image is not there',
  type: 'boolean',
  default: true,
  read: (input: boolean) => input,
});
