import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventResource } from '../../../contracts/event.ts';
import { listEvents } from '../../api/events.ts';
import { useEvents, useLiveTerms } from '../../live/use-live.ts';
import { type CallRow, callRow } from './call-row.ts';
import { askedTerms, type CallTerms, isShown, liveTerms } from './call-terms.ts';
import {
  EMPTY_LIST,
  type EventList,
  MAX_WAITING,
  withArrived,
  withPage,
  withWaiting,
} from './event-list.ts';

/** Many events at once are one change of the page. */
const FLUSH_MS = 200;
/** The stream may begin a moment after the list was made: what came between is looked for once. */
const CATCH_UP_MS = 2_500;
/** A list that is left open grows at its top: then it is made anew, and what is further down is loaded again. */
const MAX_GROWN_ROWS = 3_000;

export interface ShownEvents {
  readonly list: EventList;
  readonly loading: boolean;
  readonly error: unknown;
  readonly loadMore: () => void;
  readonly reload: () => void;
  readonly showWaiting: () => void;
  /** Is the reader at the top, where new ones may push others down? */
  readonly setAtTop: (atTop: boolean) => void;
}

/** The events that match, newest first, loaded page by page and kept live. */
export function useEventList(terms: CallTerms): ShownEvents {
  const key = JSON.stringify(terms);
  const [list, setList] = useState<EventList>(EMPTY_LIST);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>();
  const attempt = useRef<AbortController>(undefined);
  const atTop = useRef(true);
  const cursor = useRef<string | null | undefined>(undefined);
  cursor.current = list.nextCursor;

  const load = useCallback(
    async (how: 'anew' | 'more' | 'catch-up') => {
      const asked = askedTerms(JSON.parse(key) as CallTerms);
      const own = how === 'catch-up' ? undefined : new AbortController();
      if (own !== undefined) {
        attempt.current?.abort();
        attempt.current = own;
        setLoading(true);
        setError(undefined);
      }
      const from = how === 'more' ? (cursor.current ?? undefined) : undefined;
      try {
        const page = await listEvents(asked, {
          cursor: from,
          ...(own !== undefined && { signal: own.signal }),
        });
        const rows = page.items.map(callRow);
        const { nextCursor } = page;
        if (own?.signal.aborted) return;
        if (how === 'catch-up') return rows;
        setList((now) => withPage(how === 'more' ? now : EMPTY_LIST, { rows, nextCursor }));
      } catch (thrown) {
        if (own === undefined || own.signal.aborted) return;
        setError(thrown);
      }
      setLoading(false);
    },
    [key],
  );

  const take = useCallback(
    (rows: readonly CallRow[]) => {
      const shown = JSON.parse(key) as CallTerms;
      setList((now) =>
        withArrived(now, {
          rows,
          isShown: (row) => isShown(shown, row.status),
          hold: !atTop.current,
        }),
      );
    },
    [key],
  );

  useEffect(() => {
    let over = false;
    setList(EMPTY_LIST);
    atTop.current = true;
    void load('anew');
    const timer = setTimeout(async () => {
      const rows = await load('catch-up');
      if (!over && rows !== undefined) take(rows);
    }, CATCH_UP_MS);
    return () => {
      over = true;
      clearTimeout(timer);
      attempt.current?.abort();
    };
  }, [load, take]);

  const reload = useCallback(() => void load('anew'), [load]);
  useLiveTerms(liveTerms(terms));
  useArrivals(take, reload);
  const { grown } = list;
  useEffect(() => {
    if (grown > MAX_GROWN_ROWS && atTop.current) reload();
  }, [grown, reload]);
  return {
    ...{ list, loading, error, reload },
    loadMore: () => {
      if (!loading && error === undefined && typeof list.nextCursor === 'string') void load('more');
    },
    showWaiting: () => {
      atTop.current = true;
      if (list.waiting.length >= MAX_WAITING) reload();
      else setList(withWaiting);
    },
    setAtTop: (now) => {
      atTop.current = now;
    },
  };
}

/** Events from the stream, gathered for a moment. */
function useArrivals(take: (rows: readonly CallRow[]) => void, reload: () => void): void {
  const gathered = useRef(new Map<number, EventResource>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEvents((told) => {
    if (told === 'reset') {
      gathered.current.clear();
      reload();
      return;
    }
    gathered.current.set(told.seq, told);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const rows = [...gathered.current.values()].map(callRow);
      gathered.current.clear();
      take(rows);
    }, FLUSH_MS);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
