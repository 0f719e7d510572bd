/** One stream of everything: states at once, figures at most once a second, events in order. */
import type { EventTerms } from '../contracts/event-query.ts';
import type { AgentStates } from './agent-states.ts';
import { Bell } from './bell.ts';
import type { EventReader, EventRings } from './event-rings.ts';
import type { OverviewFeed } from './overview-feed.ts';

export interface LiveOptions {
  /** Absent: no events. */
  readonly events?: {
    readonly terms: EventTerms;
    /** Behind that entry; absent: from now on. */
    readonly afterSeq?: number;
  };
  readonly signal: AbortSignal;
}

/** A message as JSON; `id` is what resumes it: everything up to there has been told. */
export interface LiveItem {
  readonly id?: string;
  readonly json: string;
}

interface Sources {
  readonly states: AgentStates;
  readonly feed: OverviewFeed;
  readonly rings: EventRings;
}

/** Keeps nothing for a slow reader but the newest state of each agent. Ends with the signal. */
export async function* liveStream(
  { states, feed, rings }: Sources,
  { events, signal }: LiveOptions,
): AsyncGenerator<LiveItem> {
  const bell = new Bell();
  const wake = () => bell.ring();
  const reader = { pending: new Map<string, string>(), wake };
  signal.addEventListener('abort', wake);
  const log = events && rings.open({ ...events, signal, wake });
  const unsubscribe = feed.subscribe(wake);
  try {
    // Said before anything else, so that a stream that breaks at once is resumed from here.
    yield { ...idOf(log), json: await states.subscribe(reader) };
    let shown = await feed.current();
    yield { ...idOf(log), json: shown.text };
    while (!signal.aborted) {
      let isIdle = true;
      for (const [name, json] of reader.pending) {
        reader.pending.delete(name);
        isIdle = false;
        yield { json };
      }
      const { latest } = feed;
      if (latest !== undefined && latest.version !== shown.version) {
        shown = latest;
        isIdle = false;
        yield { ...idOf(log), json: shown.text };
      }
      for await (const item of newEvents(log)) {
        isIdle = false;
        yield item;
      }
      if (isIdle) await bell.wait();
    }
  } finally {
    signal.removeEventListener('abort', wake);
    states.unsubscribe(reader);
    unsubscribe();
    log?.close();
  }
}

/** A piece at a time: states and figures come in between. */
async function* newEvents(log: EventReader | undefined): AsyncGenerator<LiveItem> {
  if (log === undefined) return;
  const piece = await log.next();
  if (piece.type === 'reset') yield { ...idOf(log), json: '{"type":"reset"}' };
  else for (const { seq, json } of piece.items) yield { id: String(seq), json };
}

function idOf(log: EventReader | undefined): { readonly id?: string } {
  return log === undefined || log.position < 0 ? {} : { id: String(log.position) };
}
