import test from 'ava';
import { templateBudget } from '../../../gocli-ts/src/cli/template-budget.ts';

test('the budget is a size, or nobody set one', (t) => {
  t.is(templateBudget({}), undefined);
  t.is(templateBudget({ GOCLI_TEMPLATE_BUDGET: '' }), undefined);
  t.is(templateBudget({ GOCLI_TEMPLATE_BUDGET: '2G' }), 2 * 1024 ** 3);
  t.throws(() => templateBudget({ GOCLI_TEMPLATE_BUDGET: 'much' }), {
    code: 'BAD_VALUE',
    message: /GOCLI_TEMPLATE_BUDGET: "much"/,
  });
});
