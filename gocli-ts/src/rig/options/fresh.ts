import { defineOption } from './option.ts';

export const fresh = defineOption({
  describe: 'Start cold, with new keys, and replace the template',
  type: 'boolean',
  default: false,
  notWithSnapshot: true,
  read: (input: boolean) => input,
});
