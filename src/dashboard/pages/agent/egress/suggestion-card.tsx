import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { EgressSuggestion } from '../../../../contracts/egress-requests.ts';
import { addEgressRule, egressQuery, egressSuggestionQuery } from '../../../api/egress.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Select } from '../../../ui/field.tsx';
import { count } from '../../../ui/figures.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../../ui/states.tsx';
import { toast, toastError } from '../../../ui/toast.tsx';
import { ActButton } from '../act-button.tsx';
import { type EgressRuleParts, isCovered } from './covers-rule.ts';
import { orderSuggested } from './order-suggested.ts';

type Suggested = EgressSuggestion['rules'][number];
const SINCE = ['1h', '24h', '7d', '30d'] as const;

/** Rules made from the calls that were seen, each of which can be allowed as it stands. */
export function SuggestionCard({ agent }: { readonly agent: string }) {
  const [since, setSince] = useState<string>('7d');
  const { data, error, refetch, isFetching } = useQuery(egressSuggestionQuery(agent, since));
  const policy = useQuery(egressQuery(agent));
  const held = policy.data?.rules.map(({ rule }) => rule) ?? [];
  return (
    <Card
      title="Suggested from what was seen"
      flush
      actions={
        <>
          <Select
            aria-label="Calls of the last"
            className="h-7 w-auto text-xs"
            value={since}
            onChange={(event) => setSince(event.target.value)}
          >
            {SINCE.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
          <Button size="small" kind="quiet" busy={isFetching} onClick={() => void refetch()}>
            Look again
          </Button>
        </>
      }
    >
      {error !== null ? (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      ) : data === undefined ? (
        <Loading rows={3} />
      ) : (
        <Suggestion agent={agent} suggestion={data} held={held} />
      )}
    </Card>
  );
}

interface SuggestionProps {
  readonly agent: string;
  readonly suggestion: EgressSuggestion;
  /** The rules in force. */
  readonly held: readonly EgressRuleParts[];
}

function Suggestion({ agent, suggestion, held }: SuggestionProps) {
  if (suggestion.rules.length + suggestion.stillRefused.length === 0)
    return <p className="px-4 py-6 text-center text-muted">No call out was seen in this time.</p>;
  return (
    <>
      <ul className="divide-y divide-line">
        {orderSuggested(suggestion.rules).map((rule) => (
          <SuggestedRow
            key={rule.text}
            agent={agent}
            suggested={rule}
            held={isCovered(rule.rule, held)}
          />
        ))}
      </ul>
      <StillRefused refused={suggestion.stillRefused} />
      <details className="border-line border-t px-4 py-2">
        <summary className="cursor-pointer text-muted text-xs">
          From {count(suggestion.observed)} {suggestion.observed === 1 ? 'call' : 'calls'}
          {suggestion.truncated && ', the newest'}: as YAML for agent.yaml
        </summary>
        <div className="mt-2 flex items-start gap-2">
          <HostileText text={suggestion.yaml} block className="min-w-0 flex-1" />
          <CopyButton text={suggestion.yaml} label="Copy the YAML" />
        </div>
      </details>
    </>
  );
}

/** What was tried and no rule was made of: with why. */
function StillRefused({ refused }: { readonly refused: EgressSuggestion['stillRefused'] }) {
  if (refused.length === 0) return null;
  return (
    <div className="border-line border-t px-4 py-2">
      <h3 className="text-muted text-xs">Stays refused</h3>
      <ul className="grid gap-1.5 pt-1">
        {refused.map(({ host, port, method, count: seen, reason }) => (
          <li key={`${host} ${port} ${method} ${reason}`} className="min-w-0">
            <p className="break-words font-mono text-xs">
              <HostileText text={`${host}:${port}${method === null ? '' : ` ${method}`}`} />
            </p>
            <p className="text-muted text-xs">
              {times(seen)}: <HostileText text={reason} />
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface SuggestedRowProps {
  readonly agent: string;
  readonly suggested: Suggested;
  readonly held: boolean;
}

function SuggestedRow({ agent, suggested, held }: SuggestedRowProps) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const allow = async () => {
    setBusy(true);
    try {
      // As it was suggested: the server judges it as it judges what is typed.
      const rule = suggested.rule as Parameters<typeof addEgressRule>[1];
      await addEgressRule(agent, rule);
      await queries.invalidateQueries({ queryKey: ['egress'] });
      toast('Allowed', suggested.text);
      // The button goes: whoever works with the keyboard stays at this row.
      row.current?.focus();
    } catch (error) {
      toastError('Not allowed', error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li
      ref={row}
      tabIndex={-1}
      className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-3 px-4 py-2 focus-visible:-outline-offset-2"
    >
      <div className="min-w-0">
        <p className="break-words font-mono text-xs">
          <HostileText text={suggested.text} max={1_000} />
        </p>
        <p className="text-muted text-xs tabular-nums">
          seen {times(suggested.seen)}
          {suggested.refused > 0 && (
            <span className="text-bad">, refused {times(suggested.refused)}</span>
          )}
          {suggested.needsRanges && ', leads to a private address: needs its range in agent.yaml'}
        </p>
      </div>
      {held ? (
        <Badge tone="good">allowed</Badge>
      ) : (
        <ActButton
          needs="deploy"
          size="small"
          busy={busy}
          blocked={suggested.needsRanges ? 'Write it with its range into agent.yaml.' : undefined}
          onClick={() => void allow()}
        >
          Allow
        </ActButton>
      )}
    </li>
  );
}

function times(value: number): string {
  return value === 1 ? 'once' : `${count(value)} times`;
}
