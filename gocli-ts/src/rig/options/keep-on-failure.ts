import { defineOption } from './option.ts';

export const keepOnFailure = defineOption({
  describe: 'Leave everything in place when the start fails',
  type: 'boolean',
  default: false,
  read: (input: boolean) => input,
});
