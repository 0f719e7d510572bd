import { useCallback, useEffect, useRef, useState } from 'react';
import { listEvents } from '../../api/events.ts';
import { useRetryWhenLive } from '../../live/use-retry-when-live.ts';
import { type CallRow, callRow } from './call-row.ts';
import { askedTerms, type CallTerms } from './call-terms.ts';
import { EMPTY_LIST, type EventList, withPage } from './event-list.ts';

/** The stream may begin a moment after the list was made: what came between is looked for once. */
const CATCH_UP_MS = 2_500;

type How = 'anew' | 'more';

interface EventPages {
  readonly list: EventList;
  readonly change: (change: (list: EventList) => EventList) => void;
  readonly loading: boolean;
  readonly error: unknown;
  readonly loadMore: () => void;
  readonly reload: () => void;
  /** What failed is asked for again. */
  readonly retry: () => void;
}

/** @param key the terms as JSON; @param onNewest told the newest rows once more, soon after they were loaded */
export function useEventPages(
  key: string,
  onNewest: (rows: readonly CallRow[]) => void,
): EventPages {
  const [list, change] = useState<EventList>(EMPTY_LIST);
  const [loading, setLoading] = useState(true);
  /** How often the list was made anew. */
  const [made, setMade] = useState(0);
  const [failed, setFailed] = useState<{ readonly error: unknown; readonly how: How }>();
  const attempt = useRef<AbortController>(undefined);
  const latest = useRef({ list, onNewest });
  latest.current = { list, onNewest };

  const load = useCallback(
    async (how: How) => {
      attempt.current?.abort();
      const own = new AbortController();
      attempt.current = own;
      setLoading(true);
      setFailed(undefined);
      const terms = askedTerms(JSON.parse(key) as CallTerms);
      const ask = async (cursor?: string) => {
        const page = await listEvents(terms, { cursor, signal: own.signal });
        return { rows: page.items.map(callRow), nextCursor: page.nextCursor };
      };
      try {
        const { nextCursor } = latest.current.list;
        const page = await ask(how === 'more' ? (nextCursor ?? undefined) : undefined);
        if (own.signal.aborted) return;
        change((now) => withPage(how === 'more' ? now : EMPTY_LIST, page));
        if (how === 'anew') setMade((times) => times + 1);
      } catch (error) {
        if (own.signal.aborted) return;
        setFailed({ error, how });
      }
      setLoading(false);
    },
    [key],
  );

  useEffect(() => {
    change(EMPTY_LIST);
    void load('anew');
    return () => attempt.current?.abort();
  }, [load]);
  useEffect(() => {
    if (made === 0) return;
    const own = new AbortController();
    const timer = setTimeout(async () => {
      const terms = askedTerms(JSON.parse(key) as CallTerms);
      const page = await listEvents(terms, { signal: own.signal }).catch(() => undefined);
      if (page !== undefined) latest.current.onNewest(page.items.map(callRow));
    }, CATCH_UP_MS);
    return () => {
      clearTimeout(timer);
      own.abort();
    };
  }, [made, key]);

  const reload = useCallback(() => void load('anew'), [load]);
  const retry = useCallback(() => void load(failed?.how ?? 'anew'), [load, failed]);
  useRetryWhenLive(failed, retry);
  const canLoad = !loading && failed === undefined && typeof list.nextCursor === 'string';
  return {
    ...{ list, change, loading, reload, retry, error: failed?.error },
    loadMore: () => {
      if (canLoad) void load('more');
    },
  };
}
