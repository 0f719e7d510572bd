/** One stream of everything: states at once, figures at most once a second, events in order. */
import type { EventTerms } from '../contracts/event-query.ts';
import { formatLivePosition } from '../contracts/live-position.ts';
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
  /** Told on the same stream, besides. */
  readonly others?: readonly LiveOther[];
  readonly signal: AbortSignal;
}

export interface LiveHow {
  readonly signal: AbortSignal;
  /** There is something to be told, or will be when `next` is asked again. */
  readonly wake: () => void;
}

/** What else is told on the stream, a message at a time, between states, figures and events. */
export interface LiveSource {
  /** What resumes it behind all that `next` has given. */
  readonly position: string | undefined;
  /** A message as JSON; undefined: not now. */
  next(): string | undefined;
  close(): void;
}

export interface LiveOther {
  /** By which its position goes in the id. */
  readonly name: 'log' | 'deployment';
  open(how: LiveHow): LiveSource;
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
  { events, others = [], signal }: LiveOptions,
): AsyncGenerator<LiveItem> {
  const bell = new Bell();
  const wake = () => bell.ring();
  const reader = { pending: new Map<string, string>(), wake };
  signal.addEventListener('abort', wake);
  const log = events && rings.open({ ...events, signal, wake });
  const opened = others.map(({ name, open }) => ({ name, source: open({ signal, wake }) }));
  const here = { log, opened };
  const unsubscribe = feed.subscribe(wake);
  try {
    // Said before anything else, so that a stream that breaks at once is resumed from here.
    yield { ...idOf(here), json: await states.subscribe(reader) };
    let shown = await feed.current();
    yield { ...idOf(here), json: shown.text };
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
        yield { ...idOf(here), json: shown.text };
      }
      for await (const item of newEvents(here)) {
        isIdle = false;
        yield item;
      }
      for (const { source } of opened) {
        const json = source.next();
        if (json === undefined) continue;
        isIdle = false;
        yield { ...idOf(here), json };
      }
      if (isIdle) await bell.wait();
    }
  } finally {
    signal.removeEventListener('abort', wake);
    states.unsubscribe(reader);
    unsubscribe();
    log?.close();
    for (const { source } of opened) source.close();
  }
}

interface Here {
  readonly log: EventReader | undefined;
  readonly opened: readonly { readonly name: LiveOther['name']; readonly source: LiveSource }[];
}

/** A piece at a time: states and figures come in between. */
async function* newEvents(here: Here): AsyncGenerator<LiveItem> {
  if (here.log === undefined) return;
  const piece = await here.log.next();
  if (piece.type === 'reset') yield { ...idOf(here), json: '{"type":"reset"}' };
  else for (const { seq, json } of piece.items) yield { ...idOf(here, seq), json };
}

/** @param seq everything up to that entry has been told */
function idOf({ log, opened }: Here, seq = log?.position): { readonly id?: string } {
  // Nothing is told yet of what was missed: what resumes it is what resumed this.
  if (seq !== undefined && seq < 0) return {};
  const positions = opened.map(({ name, source }) => [name, source.position]);
  const id = formatLivePosition({
    ...(seq !== undefined && { seq }),
    ...Object.fromEntries(positions.filter(([, position]) => position !== undefined)),
  });
  return id === undefined ? {} : { id };
}
