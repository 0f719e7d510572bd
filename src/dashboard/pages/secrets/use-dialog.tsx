import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { changeSecretUse } from '../../api/secrets.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { bodyOf, formOf } from './secret-use.ts';
import { UseFields } from './use-fields.tsx';

interface UseDialogProps {
  readonly secret: SecretResource;
  readonly onClose: () => void;
}

export function UseDialog({ secret, onClose }: UseDialogProps) {
  const queries = useQueryClient();
  const [form, setForm] = useState(() => formOf(secret));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await changeSecretUse(secret, bodyOf(form));
      await queries.invalidateQueries({ queryKey: ['secrets'] });
      toast(`The use of ${secret.name} is changed`, 'It holds for the next call.');
      onClose();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Use of ${secret.name}`}
      description="Holds for the next call. The value stays as it is."
    >
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <UseFields form={form} onChange={setForm} />
        {form.mode !== secret.mode && (
          <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">
            Machines that run keep what they have: restart the agents that use it.
          </p>
        )}
        {error !== undefined && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Change
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
