import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { createSecret } from '../../api/secrets.ts';
import { useLive } from '../../live/use-live.ts';
import { Field, Input, Select } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { toast } from '../../ui/toast.tsx';
import { bodyOf, NEW_USE, nameFault } from './secret-use.ts';
import { UseFields } from './use-fields.tsx';
import { ValueField, type ValueHandle } from './value-field.tsx';

interface NewSecretDialogProps {
  readonly onClose: () => void;
  readonly onMade: (secret: SecretResource) => void;
}

export function NewSecretDialog({ onClose, onMade }: NewSecretDialogProps) {
  const queries = useQueryClient();
  const value = useRef<ValueHandle>(null);
  const [name, setName] = useState('');
  const [agent, setAgent] = useState('');
  const [use, setUse] = useState(NEW_USE);
  const [filled, setFilled] = useState(false);
  const fault = nameFault(name);
  const submit = async () => {
    const body = { name, ...bodyOf(use), value: value.current?.take() ?? '' };
    const made = await createSecret(agent === '' ? null : agent, body);
    await queries.invalidateQueries({ queryKey: ['secrets'] });
    toast(`${made.name} is set`, `Version ${made.version}. Name it in agent.yaml.`);
    onMade(made);
  };
  return (
    <FormDialog
      wide
      title="New secret"
      description="Its value leaves this page once, encrypted at rest by swarmd, and is shown to nobody again."
      action="Set it"
      disabled={name === '' || fault !== undefined || !filled}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="grid items-start gap-4 md:grid-cols-2">
        <div className="grid gap-4">
          <Field
            label="Name"
            error={fault}
            hint={
              name === '' ? 'As agent.yaml names it: API_KEY' : `In agent.yaml: \${SECRET_${name}}`
            }
          >
            {(field) => (
              <Input
                {...field}
                value={name}
                maxLength={80}
                placeholder="API_KEY"
                autoComplete="off"
                spellCheck={false}
                className="font-mono"
                onChange={({ target }) => setName(target.value.trim())}
              />
            )}
          </Field>
          <ScopeField value={agent} onChange={setAgent} />
        </div>
        <div className="grid gap-4">
          <UseFields form={use} onChange={setUse} />
        </div>
      </div>
      <ValueField key={use.mode} ref={value} mode={use.mode} onFilled={setFilled} />
    </FormDialog>
  );
}

function ScopeField(props: { value: string; onChange: (agent: string) => void }) {
  const { agents = [] } = useLive();
  return (
    <Field label="For" hint="An agent’s own secret wins over the workspace’s of the same name.">
      {(field) => (
        <Select
          {...field}
          value={props.value}
          onChange={({ target }) => props.onChange(target.value)}
        >
          <option value="">the whole workspace</option>
          {agents.map(({ name }) => (
            <option key={name} value={name}>
              {name.slice(0, 100)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
