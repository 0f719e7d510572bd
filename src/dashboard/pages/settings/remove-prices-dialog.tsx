import { useQueryClient } from '@tanstack/react-query';
import { removePrices } from '../../api/prices.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { toast } from '../../ui/toast.tsx';

interface RemovePricesDialogProps {
  readonly name: string;
  readonly onClose: () => void;
}

export function RemovePricesDialog({ name, onClose }: RemovePricesDialogProps) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Remove the price list ${name}?`}
      action="Remove it"
      danger
      onConfirm={async () => {
        await removePrices(name);
        await queries.invalidateQueries({ queryKey: ['prices'] });
        toast('The price list is removed', name);
      }}
    >
      From the next call on, the other lists say what its models cost; a model that none of them has
      is unpriced, and a budget in money refuses it. What was priced by it stays as it is.
    </Confirm>
  );
}
