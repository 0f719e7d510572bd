import { type ReactNode, useId, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Failure } from './states.tsx';

interface ConfirmProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  /** What will happen, and to whom. */
  readonly children: ReactNode;
  /** The verb of the button: `Roll back`. */
  readonly action: string;
  readonly danger?: boolean;
  /** false: something is still to be filled in. */
  readonly ready?: boolean;
  /** The dialog closes when it has been done, and says why when it could not. */
  readonly onConfirm: () => Promise<unknown>;
}

export function Confirm({
  open,
  onOpenChange,
  title,
  children,
  action,
  danger,
  ready = true,
  onConfirm,
}: ConfirmProps) {
  const consequence = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} describedBy={consequence}>
      <div id={consequence} className="text-muted">
        {children}
      </div>
      {error !== undefined && (
        <div className="mt-3">
          <Failure error={error} />
        </div>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button
          kind={danger ? 'danger' : 'primary'}
          busy={busy}
          disabled={!ready}
          onClick={() => void confirm()}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
