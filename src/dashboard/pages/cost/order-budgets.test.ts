import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { orderBudgets } from './order-budgets.ts';

function budget(name: string, spent: string | undefined): BudgetResource {
  return {
    ...{ name, agent: null, limit: { money: '10' }, thresholds: [], allowUnpriced: false },
    ...{ updatedAt: '', updatedBy: '', period: spent === undefined ? 'run' : 'day' },
    now:
      spent === undefined
        ? null
        : { spent, reserved: '0', left: '0', period: '2026-11-21', resetsAt: '' },
  };
}

test('what is used up comes first, and the budgets of runs last', () => {
  const budgets = [
    budget('a-run', undefined),
    budget('b', '0'),
    budget('a', '0'),
    budget('over', '12'),
    budget('near', '9'),
  ];
  assert.deepEqual(
    orderBudgets(budgets).map(({ name }) => name),
    ['over', 'near', 'a', 'b', 'a-run'],
  );
});
