import { useQueryClient } from '@tanstack/react-query';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { deleteBudget } from '../../api/budgets.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { toast } from '../../ui/toast.tsx';

export function BudgetDelete({
  budget: { name, agent },
  close,
}: {
  readonly budget: BudgetResource;
  readonly close: () => void;
}) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={close}
      title="Delete this budget?"
      action="Delete"
      danger
      onConfirm={async () => {
        await deleteBudget(name);
        await queries.invalidateQueries({ queryKey: ['budgets'] });
        toast('Budget deleted', name);
      }}
    >
      From the next call on <HostileText text={name} /> keeps{' '}
      {agent === null ? 'no agent' : <HostileText text={agent} />} from spending any more. Other
      budgets still hold. The audit log keeps how it stood.
    </Confirm>
  );
}
