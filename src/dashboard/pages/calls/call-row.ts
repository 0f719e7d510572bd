/** What a row of the list shows of an event, and no more: a hundred thousand of them are kept. */
import type { EventResource, EventStatus, EventTokens } from '../../../contracts/event.ts';

export interface CallRow {
  readonly id: string;
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly status: EventStatus;
  /** Written by others: to be shown as hostile text. */
  readonly agent: string | undefined;
  /** The tool or model that was called. */
  readonly name: string | undefined;
  readonly what: string;
  readonly durationNs: number | undefined;
  readonly tokens: number | undefined;
  readonly cost: { readonly amount: string; readonly currency: string } | undefined;
}

const MAX_WHAT = 200;

export function callRow(event: EventResource): CallRow {
  return {
    id: event.id,
    seq: event.seq,
    time: event.time,
    kind: event.kind,
    status: event.status,
    agent: event.agent,
    name: nameOf(event)?.slice(0, MAX_WHAT),
    what: whatText(event).slice(0, MAX_WHAT),
    durationNs: event.durationNs,
    tokens: tokenSum(event.tokens),
    cost: event.cost && { amount: event.cost.amount, currency: event.cost.currency },
  };
}

/** Read and written; the classes beside them are parts of these. */
export function tokenSum(tokens: EventTokens | undefined): number | undefined {
  if (tokens?.input === undefined && tokens?.output === undefined) return undefined;
  return (tokens.input ?? 0) + (tokens.output ?? 0);
}

/** What stands out of it. */
export function nameOf(event: EventResource): string | undefined {
  return event.tool ?? event.model;
}

/** `POST /invoke → 200`, and why not; or what an event of another kind is about. */
export function whatText(event: EventResource): string {
  const { method, host, path, statusCode } = event.attributes ?? {};
  const place = [host, path].filter((part) => typeof part === 'string').join('');
  const request = [method, place].filter((part) => typeof part === 'string' && part !== '');
  const answer = typeof statusCode === 'number' ? ` → ${statusCode}` : '';
  const parts = [
    request.length === 0 ? undefined : `${request.join(' ')}${answer}`,
    event.error?.code,
  ].filter((part) => part !== undefined);
  if (request.length > 0) return parts.join(' · ');
  return otherText(event);
}

/** Attributes that name what an event is about, the best first. */
const NAMING = [
  ...['otel.name', 'deployment', 'secret', 'budget', 'reason', 'program', 'event', 'rule', 'part'],
];

function otherText(event: EventResource): string {
  const attributes = event.attributes ?? {};
  const named = NAMING.map((name) => attributes[name]).find((value) => typeof value === 'string');
  const about = [named, event.machine, event.error?.message].find((part) => part !== undefined);
  return typeof about === 'string' ? about : `by ${event.actor.name}`;
}
