import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { NewTokenResource, Scope } from '../../../contracts/requests.ts';
import { createToken } from '../../api/tokens.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input, Select } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { EXPIRIES, type Expiry, expiresAt, expiryText, SCOPES } from './token-form.ts';

/** The value is kept while this dialog is open, and nowhere else. */
export function NewTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const [made, setMade] = useState<NewTokenResource>();
  if (made === undefined) return <TokenForm onClose={onClose} onMade={setMade} />;
  return (
    <Dialog open onOpenChange={onClose} title="The token is made">
      <MadeToken token={made} onClose={onClose} />
    </Dialog>
  );
}

interface TokenFormProps {
  readonly onClose: () => void;
  readonly onMade: (token: NewTokenResource) => void;
}

function TokenForm({ onClose, onMade }: TokenFormProps) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const [expiry, setExpiry] = useState<Expiry>('90');
  const [at, setAt] = useState('');
  const isPast = expiresAt(expiry, { at, nowMs: Date.now() }) === null;
  const submit = async () => {
    const expires = expiresAt(expiry, { at, nowMs: Date.now() });
    // It passed meanwhile: no token without an end is made of that.
    if (expires === null) return;
    const body = { name: name.trim(), scopes: [...scopes] };
    onMade(await createToken({ ...body, ...(expires !== undefined && { expiresAt: expires }) }));
    void queries.invalidateQueries({ queryKey: ['tokens'] });
  };
  return (
    <FormDialog
      title="New token"
      action="Make it"
      disabled={name.trim() === '' || scopes.length === 0 || isPast}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label="Name" hint="Who or what it is for: ci, ada">
        {(field) => (
          <Input
            {...field}
            value={name}
            maxLength={100}
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <ScopeBoxes scopes={scopes} onChange={setScopes} />
      <Field label="Expires">
        {(field) => (
          <Select
            {...field}
            value={expiry}
            onChange={({ target }) => setExpiry(target.value as Expiry)}
          >
            {EXPIRIES.map((one) => (
              <option key={one} value={one}>
                {expiryText(one)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {expiry === 'at' && (
        <Field
          label="Expires at"
          hint="In your time zone"
          error={at !== '' && isPast ? 'That is no time to come.' : undefined}
        >
          {(field) => (
            <Input
              {...field}
              type="datetime-local"
              value={at}
              onChange={({ target }) => setAt(target.value)}
            />
          )}
        </Field>
      )}
    </FormDialog>
  );
}

interface ScopeBoxesProps {
  readonly scopes: readonly Scope[];
  readonly onChange: (scopes: readonly Scope[]) => void;
}

function ScopeBoxes({ scopes, onChange }: ScopeBoxesProps) {
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 font-medium text-sm">Scopes</legend>
      {SCOPES.map(({ scope, text }) => (
        <label key={scope} className="flex items-baseline gap-2">
          <input
            type="checkbox"
            className="translate-y-0.5 accent-accent"
            checked={scopes.includes(scope)}
            onChange={({ target }) =>
              onChange(
                target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope),
              )
            }
          />
          <span>
            <span className="font-medium">{scope}</span> <span className="text-muted">{text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function MadeToken({ token, onClose }: { token: NewTokenResource; onClose: () => void }) {
  return (
    <div className="grid gap-4">
      <p className="text-muted">
        This is the only time that the value of <HostileText text={token.name} max={100} /> is
        shown: copy it to where it is needed.
      </p>
      <div className="flex items-center gap-1 rounded-md border border-line bg-raised py-1 pl-3">
        <code className="min-w-0 flex-1 break-all text-xs" data-token-value>
          {token.value}
        </code>
        <CopyButton text={token.value} label="Copy the token" />
      </div>
      <p className="text-muted">
        Programs send it as <code>Authorization: Bearer …</code>, the CLI takes it from{' '}
        <code>SWARM_TOKEN</code>.
      </p>
      <div className="flex justify-end">
        <Button kind="primary" onClick={onClose}>
          I have it
        </Button>
      </div>
    </div>
  );
}
