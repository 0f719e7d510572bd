/** Does one event match? The same question that the index answers, for events that pass by. */
import type { EventResource } from '../../contracts/event.ts';
import type { EventTerms } from '../../contracts/event-query.ts';
import { instantOf, instantOfNs } from './event-instant.ts';
import { nanosOf } from './mark-tokens.ts';
import { matchesText, parseTextQuery } from './text-query.ts';

export type EventMatcher = (event: EventResource, text: () => readonly string[]) => boolean;

/** @throws event_query_invalid */
export function eventMatcher(terms: EventTerms): EventMatcher {
  const text = terms.text === undefined ? undefined : parseTextQuery(terms.text);
  return (event, textOf) =>
    matchesFacts(terms, event) &&
    matchesTime(terms, event.time) &&
    (text === undefined || matchesText(text, textOf()));
}

function matchesFacts(terms: EventTerms, event: EventResource): boolean {
  const { agent, tool, provider, model, machine, status, kind, actor, run, minCost } = terms;
  return (
    isOneOf(agent, event.agent) &&
    isOneOf(tool, event.tool) &&
    isOneOf(provider, event.provider) &&
    isOneOf(model, event.model) &&
    isOneOf(machine, event.machine) &&
    isOneOf(status, event.status) &&
    (kind === undefined || kind.some((term) => isOfKind(term, event.kind))) &&
    (isOneOf(actor, event.actor.id) || isOneOf(actor, event.actor.name)) &&
    (run === undefined || event.run === run) &&
    (minCost === undefined ||
      (event.cost !== undefined && nanosOf(event.cost.amount) >= nanosOf(minCost)))
  );
}

function isOneOf(values: readonly string[] | undefined, value: string | undefined): boolean {
  return values === undefined || (value !== undefined && values.includes(value));
}

function isOfKind(term: string, kind: string): boolean {
  return term.endsWith('.*') ? kind.startsWith(term.slice(0, -1)) : kind === term;
}

function matchesTime({ sinceNs, untilNs }: EventTerms, time: string): boolean {
  const at = instantOf(time);
  return (
    (sinceNs === undefined || compareInstants(at, instantOfNs(sinceNs)) >= 0) &&
    (untilNs === undefined || compareInstants(at, instantOfNs(untilNs)) < 0)
  );
}

function compareInstants(a: ReturnType<typeof instantOf>, b: ReturnType<typeof instantOf>): number {
  return a.us === b.us ? a.restNs - b.restNs : a.us - b.us;
}
