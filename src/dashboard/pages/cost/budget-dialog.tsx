import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { setBudget } from '../../api/budgets.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { BudgetFields } from './budget-fields.tsx';
import { type BudgetFaults, formOf, NEW_BUDGET, readBudget } from './budget-form.ts';

interface BudgetDialogProps {
  /** The one that is changed; undefined: a new one. */
  readonly budget: BudgetResource | undefined;
  readonly close: () => void;
}

export function BudgetDialog({ budget, close }: BudgetDialogProps) {
  const queries = useQueryClient();
  const [form, setForm] = useState(budget === undefined ? NEW_BUDGET : formOf(budget));
  const [faults, setFaults] = useState<BudgetFaults>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (element: HTMLFormElement) => {
    const read = readBudget(form);
    setFaults('faults' in read ? read.faults : {});
    if ('faults' in read) {
      requestAnimationFrame(() => {
        element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      });
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await setBudget(read.body);
      await queries.invalidateQueries({ queryKey: ['budgets'] });
      toast(
        budget === undefined ? 'Budget set' : 'Budget changed',
        'It holds from the next call on.',
      );
      close();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={close}
      title={budget === undefined ? 'Set a budget' : 'Change the budget'}
      description="It holds from the next call on, and knows what was spent before. What does not fit is refused."
    >
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <BudgetFields form={form} faults={faults} isNew={budget === undefined} onChange={setForm} />
        {error !== undefined && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {budget === undefined ? 'Set' : 'Change'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
