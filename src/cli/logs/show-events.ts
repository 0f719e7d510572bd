/** `swarm logs`: events that match, printed oldest first, and on request those that come. */

import { nearest } from '../../base/nearest.ts';
import type { SwarmClient } from '../../contracts/client.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { EventTermsQuery } from '../../contracts/event-query.ts';
import { EVENT_KINDS } from '../completion/event-kinds.ts';
import { drained } from '../output/drained.ts';
import type { Session } from '../session.ts';
import { createEventTable } from './event-table.ts';

/** As MAX_EVENT_LIMIT of the contracts; a copy, since that file brings zod, which is slow to load. */
const PAGE = 1000;

export interface ShowEventsOptions {
  readonly terms: EventTermsQuery;
  readonly limit: number;
  readonly all: boolean;
  readonly follow: boolean;
  /** A column with the whole id of each. */
  readonly ids: boolean;
}

export async function showEvents(session: Session, options: ShowEventsOptions): Promise<void> {
  const { output, signal } = session;
  const client = await session.client();
  const table = createEventTable(output, { ids: options.ids });
  const write = async (events: readonly EventResource[]) => {
    if (output.format === 'json') for (const event of events) output.jsonLine(event);
    else table.write(events);
    await drained(output.stdout);
  };
  // Asked before the list, so that nothing falls between the list and what is followed.
  const size = options.follow ? (await client.auditStatus()).indexed : 0;
  const shown = new Set<string>();
  const pages = options.all ? allEvents(client, session, options.terms) : newest(client, options);
  let count = 0;
  for await (const events of pages) {
    count += events.length;
    if (options.follow)
      for (const event of events) if (lastSeq(event) >= size) shown.add(keyOf(event));
    await write(events);
  }
  if (count === 0) output.note(nothingText(options));
  if (!options.follow) return;
  const watched = client.watchEvents(options.terms, {
    signal,
    ...(size > 0 && { afterSeq: size - 1 }),
  });
  for await (const event of watched)
    if (!shown.has(keyOf(event)) && (output.format === 'json' || isEnd(event, options.terms)))
      await write([event]);
}

/** One that is begun is not news to a reader until it ends, unless open ones are asked for. */
function isEnd(event: EventResource, terms: EventTermsQuery): boolean {
  return event.status !== 'open' || (terms.status ?? '').split(',').includes('open');
}

function lastSeq(event: EventResource): number {
  return event.completedSeq ?? event.seq;
}

/** An event is told twice when it is followed: begun and completed. */
function keyOf(event: EventResource): string {
  return `${event.seq}/${event.completedSeq ?? ''}`;
}

/** The newest so many, as one page, oldest first. */
async function* newest(
  client: SwarmClient,
  { terms, limit }: ShowEventsOptions,
): AsyncGenerator<readonly EventResource[]> {
  const found: EventResource[] = [];
  let cursor: string | null | undefined;
  while (found.length < limit && cursor !== null) {
    const page = await client.events({
      ...terms,
      limit: Math.min(PAGE, limit - found.length),
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  yield found.reverse();
}

async function* allEvents(
  client: SwarmClient,
  { signal }: Session,
  terms: EventTermsQuery,
): AsyncGenerator<readonly EventResource[]> {
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await client.events(
      { ...terms, order: 'asc', limit: PAGE, ...(cursor !== undefined && { cursor }) },
      signal,
    );
    yield page.items;
    cursor = page.nextCursor;
  }
}

function nothingText({ terms, follow }: ShowEventsOptions): string {
  const kinds = (terms.kind ?? '').split(',').filter((kind) => kind !== '' && !kind.endsWith('*'));
  const wrong = kinds.find((kind) => !EVENT_KINDS.includes(kind));
  const meant = wrong === undefined ? undefined : nearest(wrong, EVENT_KINDS);
  const text = follow ? 'No event matches yet.' : 'No event matches.';
  return meant === undefined ? text : `${text}\n  → Did you mean --kind ${meant}?`;
}
