import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { budgetsQuery } from '../../api/budgets.ts';
import { useMay } from '../../session/use-session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { BudgetDelete } from './budget-delete.tsx';
import { BudgetDialog } from './budget-dialog.tsx';
import { BudgetItem } from './budget-item.tsx';
import { NEEDS_ADMIN } from './needs-admin.ts';
import { orderBudgets } from './order-budgets.ts';

type Open = { readonly act: 'set' | 'delete'; readonly budget?: BudgetResource };

export function BudgetsCard() {
  const { data: budgets, error, refetch } = useQuery(budgetsQuery());
  const { admin } = useMay();
  const [open, setOpen] = useState<Open | undefined>();
  const close = () => setOpen(undefined);
  return (
    <Card
      title={<span id="budgets">Budgets</span>}
      flush
      actions={
        <Button
          size="small"
          disabled={!admin}
          title={admin ? undefined : NEEDS_ADMIN}
          onClick={() => setOpen({ act: 'set' })}
        >
          <Plus aria-hidden /> Set a budget
        </Button>
      }
    >
      {error !== null && budgets === undefined ? (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      ) : budgets === undefined ? (
        <Loading rows={2} label="Loading budgets" />
      ) : budgets.length === 0 ? (
        <Empty
          title="No budget: nothing keeps an agent from spending"
          command="swarm budgets set all-month --per month --money 500"
        >
          A budget is never overspent: what does not fit is refused before it goes out.
        </Empty>
      ) : (
        <ul className="divide-y divide-line/60">
          {orderBudgets(budgets).map((budget) => (
            <BudgetItem
              key={budget.name}
              budget={budget}
              mayChange={admin}
              onChange={() => setOpen({ act: 'set', budget })}
              onDelete={() => setOpen({ act: 'delete', budget })}
            />
          ))}
        </ul>
      )}
      {open?.act === 'set' && <BudgetDialog budget={open.budget} close={close} />}
      {open?.act === 'delete' && open.budget && <BudgetDelete budget={open.budget} close={close} />}
    </Card>
  );
}
