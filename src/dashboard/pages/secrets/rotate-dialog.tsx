import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { rotateSecret } from '../../api/secrets.ts';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { ValueField, type ValueHandle } from './value-field.tsx';

interface RotateDialogProps {
  readonly secret: SecretResource;
  readonly onClose: () => void;
}

export function RotateDialog({ secret, onClose }: RotateDialogProps) {
  const queries = useQueryClient();
  const value = useRef<ValueHandle>(null);
  const [filled, setFilled] = useState(false);
  const when =
    secret.mode === 'placeholder'
      ? 'The next call carries the new value; machines go on running.'
      : 'Processes get the new value when their machines are started anew: restart the agents that use it.';
  const submit = async () => {
    const rotated = await rotateSecret(secret, value.current?.take() ?? '');
    await queries.invalidateQueries({ queryKey: ['secrets'] });
    toast(`${rotated.name} has version ${rotated.version}`, when);
    onClose();
  };
  return (
    <FormDialog
      title={`Rotate ${secret.name}`}
      description={when}
      action="Rotate"
      disabled={!filled}
      onSubmit={submit}
      onClose={onClose}
    >
      <ValueField ref={value} mode={secret.mode} onFilled={setFilled} />
    </FormDialog>
  );
}
