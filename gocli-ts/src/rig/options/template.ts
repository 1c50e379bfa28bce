import { defineOption } from './option.ts';

export const template = defineOption({
  describe: 'Thaw a template that fits, else make one; --no-template starts cold and keeps nothing',
  type: 'boolean',
  default: true,
  notWithSnapshot: true,
  read: (input: boolean) => input,
});
