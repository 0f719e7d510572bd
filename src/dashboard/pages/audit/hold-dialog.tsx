import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PlacedHold } from '../../../contracts/retention.ts';
import { placeHold } from '../../api/retention.ts';
import { useLive } from '../../live/use-live.ts';
import { Field, Input } from '../../ui/field.tsx';
import { count } from '../../ui/figures.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { utcOf } from './retention-text.ts';

const EMPTY = { name: '', reason: '', agent: '', run: '', since: '', until: '' };
type Form = typeof EMPTY;

/** The viewer’s: what the browser’s own fields for times mean. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function HoldDialog({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [form, setForm] = useState(EMPTY);
  const submit = async () => {
    const placed = await placeHold(bodyOf(form));
    await queries.invalidateQueries({ queryKey: ['retention'] });
    toast(`The hold ${placed.hold.name} is placed`, tooLateText(placed));
    onClose();
  };
  const set = (name: keyof Form) => (value: string) => setForm({ ...form, [name]: value });
  return (
    <FormDialog
      title="Place a hold"
      description="Events that match all of this are not erased until the hold is released. What was erased before stays erased."
      action="Place it"
      disabled={form.name === '' || form.reason.trim() === ''}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        hint="Such as case-2026-14"
        value={form.name}
        onChange={set('name')}
        required
        maxLength={63}
      />
      <TextField
        label="Reason"
        hint="A case number, who asked for it"
        value={form.reason}
        onChange={set('reason')}
        required
        maxLength={500}
      />
      <AgentField value={form.agent} onChange={set('agent')} />
      <TextField
        label="Run"
        hint="32 digits; empty: all runs"
        value={form.run}
        onChange={set('run')}
        maxLength={32}
      />
      <div className="grid gap-4">
        <TextField
          label="From"
          hint={`In the zone ${ZONE}. Empty: the beginning`}
          type="datetime-local"
          value={form.since}
          onChange={set('since')}
        />
        <TextField
          label="Until"
          hint={`In the zone ${ZONE}. Empty: also what is to come`}
          type="datetime-local"
          value={form.until}
          onChange={set('until')}
        />
      </div>
    </FormDialog>
  );
}

function bodyOf({ name, reason, agent, run, since, until }: Form) {
  const [from, to] = [utcOf(since), utcOf(until)];
  return {
    ...{ name, reason },
    ...(agent !== '' && { agent }),
    ...(run.trim() !== '' && { run: run.trim() }),
    ...(from !== undefined && { since: from }),
    ...(to !== undefined && { until: to }),
  };
}

function tooLateText({ tooLate }: PlacedHold): string | undefined {
  if (tooLate === null) return 'What it came too late for could not be found out now.';
  if (tooLate.erasures === 0) return undefined;
  return `It came too late for up to ${count(tooLate.entries)} entries that were erased before.`;
}

interface TextFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly type?: 'text' | 'datetime-local';
}

function TextField({ label, hint, onChange, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(field) => (
        <Input
          {...field}
          {...rest}
          autoComplete="off"
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}

function AgentField({ value, onChange }: Pick<TextFieldProps, 'value' | 'onChange'>) {
  const { agents = [] } = useLive();
  return (
    <Field label="Agent" hint="Empty: all agents, also those that are gone">
      {(field) => (
        <>
          <Input
            {...field}
            list={`${field.id}-agents`}
            value={value}
            maxLength={200}
            autoComplete="off"
            onChange={({ target }) => onChange(target.value)}
          />
          <datalist id={`${field.id}-agents`}>
            {agents.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
