import { useQuery } from '@tanstack/react-query';
import { costsQuery } from '../../api/costs.ts';
import { useFreshCosts } from '../../live/use-fresh-costs.ts';
import { Card } from '../../ui/card.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { Failure } from '../../ui/states.tsx';
import { BudgetsCard } from './budgets-card.tsx';
import { CostByDay } from './cost-by-day.tsx';
import { CostFilters } from './cost-filters.tsx';
import { CostNotices } from './cost-notices.tsx';
import { CostTotals } from './cost-totals.tsx';
import { CostsCard } from './costs-card.tsx';
import { useCostSearch } from './use-cost-search.ts';

/** What calls cost, what may still be spent, and what is in no sum. */
export function CostPage() {
  const { agent, since, until } = useCostSearch();
  const models = useQuery(costsQuery({ by: 'model', agent, since, until }));
  const days = useQuery(costsQuery({ by: 'day', agent, since, until }));
  useFreshCosts();
  // What was asked for makes no sense: it is said once, and not around empty cards.
  const isUnknown = models.error !== null && models.data === undefined;
  return (
    <>
      <PageTitle title="Cost" />
      <CostFilters report={models.data} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {models.error !== null && (
          <Failure error={models.error} retry={() => void models.refetch()} />
        )}
        {models.data !== undefined && <CostNotices models={models.data} agent={agent} />}
        {!isUnknown && (
          <Card>
            <CostTotals models={models.data} agent={agent} />
            <div className="mt-4 border-line border-t pt-3">
              <h2 className="sr-only">By day</h2>
              <CostByDay days={days.data} />
            </div>
          </Card>
        )}
        <BudgetsCard />
        {!isUnknown && <CostsCard />}
      </div>
    </>
  );
}
