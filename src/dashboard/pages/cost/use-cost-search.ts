import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { COST_BY, type CostBy } from './cost-rows.ts';
import { type CostSort, readCostSort } from './sort-costs.ts';

interface CostSearch {
  readonly by: CostBy;
  readonly agent: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** undefined: as the server orders them. */
  readonly sort: CostSort | undefined;
  /** Empty text takes a term out of the address. */
  readonly set: (
    given: Readonly<Partial<Record<'by' | 'agent' | 'since' | 'until' | 'sort', string>>>,
  ) => void;
}

/** What is looked at, as it stands in the address: a view can be sent to a colleague. */
export function useCostSearch(): CostSearch {
  const { by, agent, since, until, sort } = useSearch({ from: '/cost' });
  const navigate = useNavigate({ from: '/cost' });
  return {
    by: COST_BY.find((one) => one === by) ?? 'agent',
    ...{ agent, since, until, sort: useMemo(() => readCostSort(sort), [sort]) },
    set: (given) => void navigate({ search: (before) => ({ ...before, ...given }), replace: true }),
  };
}
