/** What stands in the form of a budget, and what the API gets of it. */
import type { BudgetBody, BudgetResource } from '../../../contracts/cost.ts';

export interface BudgetForm {
  readonly name: string;
  /** Empty: of all agents together. */
  readonly agent: string;
  readonly period: BudgetResource['period'];
  readonly unit: 'money' | 'tokens';
  readonly limit: string;
  /** Percentages with commas between them. */
  readonly thresholds: string;
  readonly allowUnpriced: boolean;
}
export type BudgetFaults = Readonly<Partial<Record<'name' | 'limit' | 'thresholds', string>>>;

export const NEW_BUDGET: BudgetForm = {
  ...{ name: '', agent: '', period: 'month', unit: 'money', limit: '' },
  ...{ thresholds: '50, 80, 100', allowUnpriced: false },
};

export function formOf(budget: BudgetResource): BudgetForm {
  const { name, agent, period, limit, thresholds, allowUnpriced } = budget;
  return {
    ...{ name, agent: agent ?? '', period, allowUnpriced },
    unit: limit.money === undefined ? 'tokens' : 'money',
    limit: limit.money ?? String(limit.tokens ?? ''),
    thresholds: thresholds.join(', '),
  };
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MONEY = /^\d{1,18}(\.\d{1,18})?$/;
const MOST_TOKENS = 1e15;
const MOST_THRESHOLDS = 10;

export function readBudget(
  form: BudgetForm,
): { readonly body: BudgetBody } | { readonly faults: BudgetFaults } {
  const limit = form.limit.trim().replace(/^\$\s*/, '');
  const money = MONEY.test(limit) && /[1-9]/.test(limit);
  const tokens = /^\d{1,16}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MOST_TOKENS;
  const thresholds = form.thresholds
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const percents = thresholds.map((text) =>
    /^\d{1,3}\s*%?$/.test(text) ? Number.parseInt(text, 10) : 0,
  );
  const faults: BudgetFaults = {
    ...(!NAME.test(form.name) && {
      name: 'Lower-case letters, digits and “-”, with no “-” at either end; at most 63.',
    }),
    ...(form.unit === 'money' && !money && { limit: 'Dollars, more than 0, such as 20 or 0.50.' }),
    ...(form.unit === 'tokens' && !tokens && { limit: 'A whole number of tokens, at least 1.' }),
    ...((percents.length > MOST_THRESHOLDS || percents.some((one) => one < 1 || one > 100)) && {
      thresholds: 'At most ten whole percentages from 1 to 100, with commas between them.',
    }),
  };
  if (Object.keys(faults).length > 0) return { faults };
  const { name, agent, period, allowUnpriced } = form;
  return {
    body: {
      ...{ name, period, allowUnpriced, thresholds: percents },
      ...(agent !== '' && { agent }),
      limit: form.unit === 'money' ? { money: limit } : { tokens: Number(limit) },
    },
  };
}
