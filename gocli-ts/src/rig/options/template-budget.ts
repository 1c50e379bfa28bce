import { parseSize } from '../../shared/size.ts';
import { defineOption } from './option.ts';

/** Bytes that all templates may have together; a quarter of the free disk when nobody says. */
export const templateBudget = defineOption({
  describe: 'What all templates may have together',
  type: 'string',
  onlyVariable: 'GOCLI_TEMPLATE_BUDGET',
  read: (input: string, at) => parseSize(input, at),
});
