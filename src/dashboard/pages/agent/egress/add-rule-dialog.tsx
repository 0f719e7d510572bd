import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { addEgressRule } from '../../../api/egress.ts';
import { Confirm } from '../../../ui/confirm.tsx';
import { Field, Input } from '../../../ui/field.tsx';
import { toast } from '../../../ui/toast.tsx';
import { type RuleForm, readRule } from './rule-form.ts';

interface AddRuleProps {
  readonly agent: string;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

const EMPTY: RuleForm = { host: '', ports: '', methods: '', paths: '' };
const FIELDS = [
  ['host', 'Host', 'api.example.com, or *.example.com for all below it', ''],
  ['ports', 'Ports', 'Default: 443', '443'],
  ['methods', 'Methods', 'Default: all', 'GET, POST'],
  ['paths', 'Path prefixes', 'Of whole segments: /v1 allows /v1 and /v1/x. Default: all', '/v1'],
] as const;

export function AddRuleDialog({ agent, open, onOpenChange }: AddRuleProps) {
  const queries = useQueryClient();
  const [form, setForm] = useState(EMPTY);
  const read = readRule(form);
  const touched = form !== EMPTY;
  const faults = read.ok || !touched ? {} : read.faults;
  return (
    <Confirm
      open={open}
      onOpenChange={(next) => {
        onOpenChange(next);
        if (!next) setForm(EMPTY);
      }}
      title="Allow a host"
      action="Allow"
      ready={read.ok}
      onConfirm={async () => {
        if (!read.ok) return;
        const { text } = await addEgressRule(agent, read.rule);
        await queries.invalidateQueries({ queryKey: ['egress'] });
        toast('Allowed', text);
        setForm(EMPTY);
      }}
    >
      <p className="mb-3">
        It holds at once, for this and later revisions, until it is removed. To keep it, write it
        into agent.yaml too.
      </p>
      <div className="grid gap-3 text-ink">
        {FIELDS.map(([name, label, hint, placeholder]) => (
          <Field key={name} label={label} hint={hint} error={faults[name]}>
            {(given) => (
              <Input
                {...given}
                className="font-mono text-xs"
                spellCheck={false}
                autoComplete="off"
                maxLength={2_000}
                placeholder={placeholder}
                value={form[name]}
                onChange={(event) => setForm({ ...form, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </Confirm>
  );
}
