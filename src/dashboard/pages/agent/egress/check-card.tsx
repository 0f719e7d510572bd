import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { EgressCheckResource } from '../../../../contracts/egress-requests.ts';
import { checkEgress } from '../../../api/egress.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Field, Input, Select } from '../../../ui/field.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Failure } from '../../../ui/states.tsx';
import { readTarget } from './read-target.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

interface CheckCardProps {
  readonly agent: string;
  /** Another text is another policy. */
  readonly policy: string;
}

/** Would this call pass? Nothing is sent to the host. */
export function CheckCard({ agent, policy }: CheckCardProps) {
  const [method, setMethod] = useState('GET');
  const [url, setUrl] = useState('');
  const check = useMutation({
    // What was judged by another policy is not shown any more.
    mutationFn: (_policy: string) => checkEgress(agent, { ...readTarget(url), method }),
  });
  return (
    <Card title="Would this call pass?">
      <form
        className="grid grid-cols-[6.5rem_minmax(0,1fr)_auto] items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (url.trim() !== '') check.mutate(policy);
        }}
      >
        <Field label="Method">
          {(given) => (
            <Select {...given} value={method} onChange={(event) => setMethod(event.target.value)}>
              {METHODS.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Address">
          {(given) => (
            <Input
              {...given}
              className="font-mono text-xs"
              placeholder="https://api.example.com/v1/things"
              value={url}
              maxLength={10_000}
              spellCheck={false}
              onChange={(event) => setUrl(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" busy={check.isPending} disabled={url.trim() === ''}>
          Check
        </Button>
      </form>
      <div className="mt-3" aria-live="polite">
        {check.error !== null && <Failure error={check.error} />}
        {check.data !== undefined && check.variables === policy && <Verdict verdict={check.data} />}
      </div>
    </Card>
  );
}

function Verdict({ verdict }: { readonly verdict: EgressCheckResource }) {
  const { allowed, wouldRefuse, rule, addresses } = verdict;
  return (
    <div className="grid gap-1">
      <p className="flex flex-wrap items-center gap-2">
        {!allowed ? (
          <Badge tone="bad">refused</Badge>
        ) : wouldRefuse ? (
          <Badge tone="warn">passes, but only because the mode is audit</Badge>
        ) : (
          <Badge tone="good">passes</Badge>
        )}
        <HostileText text={verdict.reason} max={1_000} />
      </p>
      {rule !== null && (
        <p className="text-muted text-xs">
          {allowed && !wouldRefuse ? 'Allowed by' : 'Nearest'} rule {rule.index}:{' '}
          <code>
            <HostileText text={rule.text} max={500} />
          </code>
        </p>
      )}
      {addresses !== null && addresses.length > 0 && (
        <p className="text-muted text-xs">
          Would go to <HostileText text={addresses.slice(0, 10).join(', ')} />
          {verdict.intercept ? '; TLS is opened and the call is recorded' : '; TLS passes unseen'}
        </p>
      )}
    </div>
  );
}
