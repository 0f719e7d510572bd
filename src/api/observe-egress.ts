/** The calls out of an agent, as the audit log has them, made into a suggestion for its policy. */
import type { AuditSearch } from '../audit/audit.ts';
import type { EgressRule } from '../contracts/egress-policy.ts';
import type { EventResource } from '../contracts/event.ts';
import type { EventTerms } from '../contracts/event-query.ts';
import { type EgressObservation, type SuggestedPolicy, suggestPolicy } from '../egress/egress.ts';

const PAGE = 1000;
/** The newest; more say nothing new, and memory is bounded. */
const MAX_EVENTS = 20_000;
/** Kinds of src/egress/events.ts. */
const KINDS = ['egress.call', 'egress.connection'];
const WEB_PORTS: readonly number[] = [80, 443];

/** @throws event_query_invalid, audit_index_unavailable */
export async function observeEgress(options: {
  readonly search: Pick<AuditSearch, 'list'>;
  readonly workspaceId: string;
  readonly agent: string;
  /** Of time. */
  readonly terms: EventTerms;
  /** The rules that the agent has. */
  readonly inForce: readonly EgressRule[];
  readonly signal: AbortSignal;
}): Promise<SuggestedPolicy & { readonly observed: number; readonly truncated: boolean }> {
  const { search, workspaceId, agent, signal } = options;
  const terms = { ...options.terms, agent: [agent], kind: KINDS };
  const observations: EgressObservation[] = [];
  let cursor: string | undefined;
  let read = 0;
  do {
    signal.throwIfAborted();
    const page = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const { items, nextCursor } = await search.list(workspaceId, terms, page);
    observations.push(...items.flatMap(observationOf));
    read += items.length;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined && read < MAX_EVENTS);
  return {
    observed: observations.length,
    truncated: cursor !== undefined,
    ...suggestPolicy(observations, options.inForce),
  };
}

/** None of an event that does not say where the call went. */
function observationOf(event: EventResource): EgressObservation[] {
  const { host, port, method, path, scheme } = event.attributes ?? {};
  if (typeof host !== 'string' || typeof port !== 'number') return [];
  const refused = event.status === 'refused';
  const isCall = typeof method === 'string';
  const isConnection = event.kind === 'egress.connection' && !isCall;
  const isUnknown = scheme === undefined || scheme === 'tcp';
  // Refused before it was known to be TLS or HTTP: a protocol of its own, but at their ports.
  const isOther = isConnection && refused && isUnknown && !WEB_PORTS.includes(port);
  const passedRaw = scheme === 'tcp' && !refused;
  return [
    {
      scheme: isOther || passedRaw ? 'tcp' : scheme === 'http' ? 'http' : 'https',
      ...{ host, port, refused },
      ...(isCall && { method, path: typeof path === 'string' ? path : '/' }),
      privateAddress: event.error?.code === 'egress_address_refused',
      // A connection that was let through and shows no call passed unseen.
      unseen: isConnection && !refused,
    },
  ];
}
