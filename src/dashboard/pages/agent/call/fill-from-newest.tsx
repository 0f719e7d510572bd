import { History } from 'lucide-react';
import { useState } from 'react';
import { newestCall } from '../../../api/agents.ts';
import { Button } from '../../../ui/button.tsx';
import { toast, toastError } from '../../../ui/toast.tsx';
import type { CallForm } from './call-request.ts';
import { formOfCall } from './form-of-call.ts';

interface FillProps {
  readonly agent: string;
  readonly fill: (form: CallForm) => void;
}

/** Fills in the newest call that went well, from the audit log. */
export function FillFromNewest({ agent, fill }: FillProps) {
  const [busy, setBusy] = useState(false);
  const begin = async () => {
    setBusy(true);
    try {
      const event = await newestCall(agent);
      const form = event === undefined ? undefined : formOfCall(event);
      if (form === undefined) toast('No call went well yet', 'There is nothing to fill in.');
      else fill(form);
    } catch (error) {
      toastError('The newest call could not be read', error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="small" busy={busy} onClick={() => void begin()}>
      {!busy && <History aria-hidden />} As the newest call
    </Button>
  );
}
