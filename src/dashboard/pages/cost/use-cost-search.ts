import { useNavigate, useSearch } from '@tanstack/react-router';
import { COST_BY, type CostBy } from './cost-rows.ts';

interface CostSearch {
  readonly by: CostBy;
  readonly agent: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** Empty text takes a term out of the address. */
  readonly set: (
    given: Readonly<Partial<Record<'by' | 'agent' | 'since' | 'until', string>>>,
  ) => void;
}

/** What is looked at, as it stands in the address: a view can be sent to a colleague. */
export function useCostSearch(): CostSearch {
  const { by, agent, since, until } = useSearch({ from: '/cost' });
  const navigate = useNavigate({ from: '/cost' });
  return {
    by: COST_BY.find((one) => one === by) ?? 'agent',
    ...{ agent, since, until },
    set: (given) => void navigate({ search: (before) => ({ ...before, ...given }), replace: true }),
  };
}
