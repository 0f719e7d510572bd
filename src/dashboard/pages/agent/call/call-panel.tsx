import { Send, Square } from 'lucide-react';
import { useState } from 'react';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Field, Input, Select, Textarea } from '../../../ui/field.tsx';
import { ActButton } from '../act-button.tsx';
import { AnswerView } from './answer-view.tsx';
import { type CallFaults, type CallForm, hasBody, METHODS, readForm } from './call-request.ts';
import { FillFromNewest } from './fill-from-newest.tsx';
import { useCall } from './use-call.ts';

/** What was filled in last, by agent, for as long as the tab is open. */
const kept = new Map<string, CallForm>();
const FIRST: CallForm = {
  method: 'POST',
  path: '/',
  headers: '',
  body: '{\n  "message": "hello"\n}',
};

export function CallPanel({ agent }: { readonly agent: AgentResource }) {
  const [form, setForm] = useState<CallForm>(() => kept.get(agent.name) ?? FIRST);
  const [faults, setFaults] = useState<CallFaults>({});
  const { answer, busy, call, abort } = useCall(agent.name);
  const change = (to: Partial<CallForm>) => {
    const next = { ...form, ...to };
    kept.set(agent.name, next);
    setForm(next);
  };
  const send = () => {
    const read = readForm(form);
    setFaults(read.ok ? {} : read.faults);
    if (read.ok) void call(read.call);
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,26rem)_minmax(0,1fr)]">
      <Card title="Request" actions={<FillFromNewest agent={agent.name} fill={change} />}>
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <CallFields form={form} faults={faults} change={change} send={send} />
          <div className="flex gap-2">
            <ActButton needs="invoke" kind="primary" type="submit" busy={busy}>
              {!busy && <Send aria-hidden />} Send
            </ActButton>
            {busy && (
              <Button onClick={abort}>
                <Square aria-hidden /> Abort
              </Button>
            )}
          </div>
        </form>
      </Card>
      <AnswerView answer={answer} />
    </div>
  );
}

interface FieldsProps {
  readonly form: CallForm;
  readonly faults: CallFaults;
  readonly change: (to: Partial<CallForm>) => void;
  readonly send: () => void;
}

function CallFields({ form, faults, change, send }: FieldsProps) {
  return (
    <>
      <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] items-start gap-2">
        <Field label="Method">
          {(given) => (
            <Select
              {...given}
              value={form.method}
              onChange={(event) =>
                change({ method: METHODS.find((one) => one === event.target.value) ?? 'GET' })
              }
            >
              {METHODS.map((method) => (
                <option key={method}>{method}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Path" error={faults.path}>
          {(given) => (
            <Input
              {...given}
              className="font-mono text-xs"
              value={form.path}
              maxLength={4_000}
              spellCheck={false}
              onChange={(event) => change({ path: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field label="Headers" hint="Name: value, one a line" error={faults.headers}>
        {(given) => (
          <Textarea
            {...given}
            rows={2}
            value={form.headers}
            maxLength={16_000}
            spellCheck={false}
            onChange={(event) => change({ headers: event.target.value })}
          />
        )}
      </Field>
      {hasBody(form.method) && (
        <Field label="Body" hint="JSON; Ctrl Enter sends" error={faults.body}>
          {(given) => (
            <Textarea
              {...given}
              rows={10}
              value={form.body}
              maxLength={1_000_000}
              spellCheck={false}
              onChange={(event) => change({ body: event.target.value })}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
              }}
            />
          )}
        </Field>
      )}
    </>
  );
}
