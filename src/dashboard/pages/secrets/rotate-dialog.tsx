import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { rotateSecret } from '../../api/secrets.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/states.tsx';
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
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const when =
    secret.mode === 'placeholder'
      ? 'The next call carries the new value; machines go on running.'
      : 'Processes get the new value when their machines are started anew: restart the agents that use it.';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const rotated = await rotateSecret(secret, value.current?.take() ?? '');
      await queries.invalidateQueries({ queryKey: ['secrets'] });
      toast(`${rotated.name} has version ${rotated.version}`, when);
      onClose();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={onClose} title={`Rotate ${secret.name}`} description={when}>
      <form onSubmit={(event) => void submit(event)} autoComplete="off" className="grid gap-4">
        <ValueField ref={value} mode={secret.mode} onFilled={setFilled} />
        {error !== undefined && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy} disabled={!filled}>
            Rotate
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
