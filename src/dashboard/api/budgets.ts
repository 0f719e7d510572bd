import { queryOptions } from '@tanstack/react-query';
import type { BudgetBody, BudgetResource } from '../../contracts/cost.ts';
import { request } from './request.ts';

export const budgetsQuery = () =>
  queryOptions({
    queryKey: ['budgets'],
    queryFn: async ({ signal }) => {
      const { items } = await request<{ items: BudgetResource[] }>('/v1/budgets', { signal });
      return items;
    },
  });

/** Makes it, or changes the one of that name. */
export const setBudget = (body: BudgetBody) =>
  request<BudgetResource>('/v1/budgets', { method: 'POST', json: body });
export const deleteBudget = (name: string) =>
  request<undefined>(`/v1/budgets/${encodeURIComponent(name)}`, { method: 'DELETE' });
