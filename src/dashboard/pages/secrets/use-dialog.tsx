import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { changeSecretUse } from '../../api/secrets.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
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
  const submit = async () => {
    await changeSecretUse(secret, bodyOf(form));
    await queries.invalidateQueries({ queryKey: ['secrets'] });
    toast(`The use of ${secret.name} is changed`, 'It holds for the next call.');
    onClose();
  };
  return (
    <FormDialog
      title={`Use of ${secret.name}`}
      description="Holds for the next call. The value stays as it is."
      action="Change"
      onSubmit={submit}
      onClose={onClose}
    >
      <UseFields form={form} onChange={setForm} />
      {form.mode !== secret.mode && (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">
          Machines that run keep what they have: restart the agents that use it.
        </p>
      )}
    </FormDialog>
  );
}
