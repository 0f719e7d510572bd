/** Entries of matching events in the order of the log. */
import type { EntryLocation } from '../ports.ts';
import type { QueryCalls, SeqPage } from './thread-messages.ts';

const PAGE_EVENTS = 2_000;

type PlacedEntry = EntryLocation & { readonly seq: number };

export interface StreamOptions {
  /** Entries from here on are left out. */
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  ask(page: SeqPage): Promise<QueryCalls['entries']['result']>;
}

/**
 * Completions are kept until their place comes: as many as there were calls under way at one time.
 * @throws the signal's reason
 */
export async function* streamEntries({
  size,
  signal,
  ask,
}: StreamOptions): AsyncGenerator<readonly PlacedEntry[]> {
  let completions: PlacedEntry[] = [];
  for (let afterSeq = -1, done = false; !done; ) {
    signal?.throwIfAborted();
    const page = await ask({ afterSeq, limit: PAGE_EVENTS });
    ({ through: afterSeq, done } = page);
    const ready: PlacedEntry[] = [];
    for (const { seq, location, completion } of page.events) {
      ready.push({ ...location, seq });
      if (completion !== undefined && completion.seq < size)
        completions.push({ ...completion.location, seq: completion.seq });
    }
    const last = done ? size : afterSeq;
    const later: PlacedEntry[] = [];
    for (const entry of completions) (entry.seq <= last ? ready : later).push(entry);
    completions = later;
    ready.sort((a, b) => a.seq - b.seq);
    if (ready.length > 0) yield ready;
  }
}
