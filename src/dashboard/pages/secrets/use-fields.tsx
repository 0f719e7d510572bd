import type { SecretMode } from '../../../contracts/secret.ts';
import { Field, Input, Select, Switch } from '../../ui/field.tsx';
import { type UseForm, words } from './secret-use.ts';

interface UseFieldsProps {
  readonly form: UseForm;
  readonly onChange: (form: UseForm) => void;
}

const MODES: Readonly<Record<SecretMode, string>> = {
  placeholder:
    'The machine gets a text that means nothing; the value takes its place where a call leaves.',
  inject: 'The value enters the environment of the process: for what is not sent in a header.',
};

/** How a secret may be used. */
export function UseFields({ form, onChange }: UseFieldsProps) {
  const isPlaceholder = form.mode === 'placeholder';
  return (
    <>
      <Field label="Mode" hint={MODES[form.mode]}>
        {(field) => (
          <Select
            {...field}
            value={form.mode}
            onChange={({ target }) => onChange({ ...form, mode: target.value as SecretMode })}
          >
            <option value="placeholder">placeholder</option>
            <option value="inject">inject</option>
          </Select>
        )}
      </Field>
      {isPlaceholder && (
        <>
          <Field
            label="Hosts"
            hint={
              words(form.hosts).length === 0
                ? 'None named: it may go to every host that the agent’s egress rules allow. Name its own.'
                : 'It goes nowhere else. *.example.com stands for all below it.'
            }
          >
            {(field) => (
              <Input
                {...field}
                value={form.hosts}
                placeholder="api.example.com"
                autoComplete="off"
                spellCheck={false}
                className="font-mono text-xs"
                onChange={({ target }) => onChange({ ...form, hosts: target.value })}
              />
            )}
          </Field>
          <Field label="Headers" hint="It may stand in these headers, and nowhere else.">
            {(field) => (
              <Input
                {...field}
                value={form.headers}
                autoComplete="off"
                spellCheck={false}
                className="font-mono text-xs"
                onChange={({ target }) => onChange({ ...form, headers: target.value })}
              />
            )}
          </Field>
          <Switch
            label="May also go over HTTP without TLS"
            checked={form.allowHttp}
            onCheckedChange={(allowHttp) => onChange({ ...form, allowHttp })}
          />
        </>
      )}
    </>
  );
}
