import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Failure } from './states.tsx';

interface FormDialogProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly wide?: boolean;
  /** The verb of the button: `Place it`. */
  readonly action: string;
  readonly danger?: boolean;
  /** Something is missing or wrong yet. */
  readonly disabled?: boolean;
  /** Closes the dialog itself when it has done its work; what it throws is shown. */
  readonly onSubmit: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog with fields, of which one thing comes. */
export function FormDialog(props: FormDialogProps) {
  const { title, description, wide, action, danger, disabled, onSubmit, onClose, children } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      wide={wide ?? false}
      {...(description !== undefined && { description })}
    >
      <form
        autoComplete="off"
        onSubmit={(event) => void submit(event)}
        className="grid grid-cols-[minmax(0,1fr)] gap-4"
      >
        {children}
        {error !== undefined && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={disabled ?? false}
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
