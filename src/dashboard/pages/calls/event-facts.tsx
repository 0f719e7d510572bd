import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { EventResource, EventTokens } from '../../../contracts/event.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { bytes, count, exactMoney, milliseconds } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { jsonDocument } from '../../ui/json-rows.ts';
import { JsonView } from '../../ui/json-view.tsx';
import { Time } from '../../ui/time.tsx';
import { type CallTerms, EVERY_KIND, type TermName } from './call-terms.ts';

export const TOKEN_WORDS: readonly (readonly [keyof EventTokens, string])[] = [
  ['input', 'in'],
  ['output', 'out'],
  ['cacheRead', 'from cache'],
  ['cacheWrite', 'into cache'],
  ['cacheWriteLong', 'into cache for an hour'],
  ['reasoning', 'thought'],
];

/** `1,200 in · 56 out · 1,000 from cache` */
export function tokensText(tokens: EventTokens): string {
  return TOKEN_WORDS.flatMap(([name, word]) => {
    const value = tokens[name];
    return value === undefined ? [] : [`${count(value)} ${word}`];
  }).join(' · ');
}

export function EventFacts({ event }: { readonly event: EventResource }) {
  const { actor, error: _, ...facts } = event;
  return (
    <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
      <Fact name="Time">
        <Time at={event.time} /> <code className="block text-muted text-xs">{event.time}</code>
      </Fact>
      {facts.durationNs !== undefined && (
        <Fact name="Took">{milliseconds(facts.durationNs / 1e6)}</Fact>
      )}
      <Fact name="Done by">
        <Term name="actor" value={actor.name} />{' '}
        <span className="text-muted">
          {actor.type}, by {actor.auth}
          {actor.address !== undefined && (
            <>
              {' '}
              from <HostileText text={actor.address} />
            </>
          )}
        </span>
      </Fact>
      <AgentFact event={event} />
      {facts.machine !== undefined && (
        <Fact name="Machine">
          <Term name="machine" value={facts.machine} code />
        </Fact>
      )}
      {facts.tool !== undefined && (
        <Fact name="Tool">
          <Term name="tool" value={facts.tool} />
        </Fact>
      )}
      {facts.model !== undefined && (
        <Fact name="Model">
          <Term name="model" value={facts.model} />
        </Fact>
      )}
      {facts.provider !== undefined && (
        <Fact name="Provider">
          <Term name="provider" value={facts.provider} />
        </Fact>
      )}
      {facts.tokens !== undefined && <Fact name="Tokens">{tokensText(facts.tokens)}</Fact>}
      {facts.cost !== undefined && (
        <Fact name="Cost">
          {exactMoney(facts.cost.amount, facts.cost.currency)}{' '}
          <span className="text-muted">
            prices: <HostileText text={facts.cost.prices} />
          </span>
        </Fact>
      )}
      {facts.bytes !== undefined && (
        <Fact name="Bytes">
          {bytes(facts.bytes.in ?? 0)} in · {bytes(facts.bytes.out ?? 0)} out
        </Fact>
      )}
      {facts.run !== undefined && (
        <Fact name="Run">
          <Link
            to="/runs/$id"
            params={{ id: facts.run }}
            search={{ event: event.id }}
            className="break-all font-mono text-accent text-xs hover:underline"
          >
            {facts.run}
          </Link>
        </Fact>
      )}
      {facts.request !== undefined && (
        <Fact name="Request">
          <HostileText text={facts.request} className="font-mono text-xs" />
        </Fact>
      )}
      <Fact name="Event">
        <span className="inline-flex max-w-full items-center gap-1">
          <HostileText text={event.id} className="min-w-0 break-all font-mono text-xs" />
          <CopyButton text={event.id} label="Copy the event’s id" />
        </span>
      </Fact>
      <Fact name="Entries">
        {event.seq}
        {event.completedSeq !== undefined && ` and ${event.completedSeq}`}
        <span className="text-muted"> of the log</span>
      </Fact>
    </dl>
  );
}

function AgentFact({ event }: { readonly event: EventResource }) {
  const { agent, revision, replica } = event;
  if (agent === undefined) return null;
  const place = [
    revision === undefined ? undefined : `revision ${revision}`,
    replica === undefined ? undefined : `replica ${replica}`,
  ].filter((part) => part !== undefined);
  return (
    <Fact name="Agent">
      <Link to="/agents/$name" params={{ name: agent }} className="text-accent hover:underline">
        <HostileText text={agent} />
      </Link>{' '}
      <span className="text-muted">{place.join(', ')}</span>
    </Fact>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

interface TermProps {
  readonly name: TermName;
  readonly value: string;
  readonly code?: boolean;
}

/** Leads to all events with the same. */
function Term({ name, value, code }: TermProps) {
  const search: CallTerms = { [name]: value, kind: EVERY_KIND };
  return (
    <Link
      to="/calls"
      search={search}
      className={`text-accent hover:underline ${code ? 'break-all font-mono text-xs' : ''}`}
    >
      <HostileText text={value} />
    </Link>
  );
}

export function AttributesSection({
  attributes,
}: {
  readonly attributes: EventResource['attributes'];
}) {
  const doc = useMemo(() => jsonDocument(JSON.stringify(attributes ?? {})), [attributes]);
  if (doc === undefined || doc.text === '{}') return null;
  return (
    <section aria-label="Attributes" className="grid min-w-0 grid-cols-1 gap-2">
      <h3 className="font-semibold">Attributes</h3>
      <div className="min-w-0 rounded-md border border-line bg-ground p-2">
        <JsonView doc={doc} label="Attributes as a tree" />
      </div>
    </section>
  );
}
