import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RetentionSetting } from '../../../contracts/retention.ts';
import { setRetention } from '../../api/retention.ts';
import { useLive } from '../../live/use-live.ts';
import { Field, Input, Select } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { isShorter, parseDays } from './retention-text.ts';

interface RetentionDialogProps {
  readonly settings: readonly RetentionSetting[];
  /** The one to change. */
  readonly first: RetentionSetting | undefined;
  readonly onClose: () => void;
}

const WRONG = 'A whole number of days, at most 36,525; empty: for ever.';
const inField = (days: number | null | undefined) => (days == null ? '' : String(days));

export function RetentionDialog({ settings, first, onClose }: RetentionDialogProps) {
  const queries = useQueryClient();
  const { agents = [] } = useLive();
  const [agent, setAgent] = useState(first?.agent ?? '');
  const [payloads, setPayloads] = useState(inField(first?.keepPayloadsDays));
  const [events, setEvents] = useState(inField(first?.keepEventsDays));
  const [keepPayloadsDays, keepEventsDays] = [parseDays(payloads), parseDays(events)];
  const ofAll = settings.find((one) => one.agent === null);
  const now = settings.find((one) => one.agent === agent) ?? ofAll;
  const isRight = keepPayloadsDays !== undefined && keepEventsDays !== undefined;
  const erases = isRight && isShorter({ keepPayloadsDays, keepEventsDays }, now);
  const names = new Set([
    ...agents.map(({ name }) => name),
    ...(first?.agent ? [first.agent] : []),
  ]);

  const submit = async () => {
    if (!isRight) return;
    await setRetention({ agent: agent === '' ? null : agent, keepPayloadsDays, keepEventsDays });
    await queries.invalidateQueries({ queryKey: ['retention'] });
    toast('Retention is set');
    onClose();
  };
  return (
    <FormDialog
      title="Retention"
      description="How long the log keeps requests and responses, and the events themselves. Hashes stay, so every proof stays valid."
      action={erases ? 'Set, and erase what is older' : 'Set'}
      danger={erases}
      disabled={!isRight}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label="For" hint="An agent’s own setting takes the place of the one for all.">
        {(field) => (
          <Select {...field} value={agent} onChange={({ target }) => setAgent(target.value)}>
            <option value="">all agents</option>
            {[...names].map((name) => (
              <option key={name} value={name}>
                {name.slice(0, 100)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <DaysField
        label="Keep content, in days"
        value={payloads}
        onChange={setPayloads}
        wrong={keepPayloadsDays === undefined}
      />
      <DaysField
        label="Keep events, in days"
        value={events}
        onChange={setEvents}
        wrong={keepEventsDays === undefined}
      />
      {erases && (
        <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">
          What is older is overwritten within the next hours and cannot be brought back, but for
          what a hold covers.
        </p>
      )}
    </FormDialog>
  );
}

interface DaysFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly wrong: boolean;
}

function DaysField({ label, value, onChange, wrong }: DaysFieldProps) {
  return (
    <Field label={label} hint="Empty: for ever." error={wrong ? WRONG : undefined}>
      {(field) => (
        <Input
          {...field}
          inputMode="numeric"
          value={value}
          placeholder="for ever"
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}
