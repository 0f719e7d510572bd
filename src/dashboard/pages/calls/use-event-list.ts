import { useCallback, useEffect, useRef } from 'react';
import type { EventResource } from '../../../contracts/event.ts';
import { useEvents, useLiveTerms } from '../../live/use-live.ts';
import { type CallRow, callRow } from './call-row.ts';
import { type CallTerms, isShown, liveTerms } from './call-terms.ts';
import { type EventList, MAX_WAITING, withArrived, withWaiting } from './event-list.ts';
import { useEventPages } from './use-event-pages.ts';

/** Many events at once are one change of the page. */
const FLUSH_MS = 100;
/** A list that is left open grows at its top: then it is made anew, and what is further down is loaded again. */
const MAX_GROWN_ROWS = 3_000;

export interface ShownEvents {
  readonly list: EventList;
  readonly loading: boolean;
  readonly error: unknown;
  readonly loadMore: () => void;
  /** After an error: what was not loaded is asked for again. */
  readonly retry: () => void;
  readonly showWaiting: () => void;
  /** Is the reader at the top, where new ones may push others down? */
  readonly setAtTop: (atTop: boolean) => void;
}

/** The events that match, newest first, loaded page by page and kept live. */
export function useEventList(terms: CallTerms): ShownEvents {
  const key = JSON.stringify(terms);
  const atTop = useRef(true);
  const changeList = useRef<(change: (list: EventList) => EventList) => void>(undefined);
  const take = useCallback(
    (rows: readonly CallRow[]) => {
      const shown = JSON.parse(key) as CallTerms;
      const arrived = {
        ...{ rows, hold: !atTop.current },
        isShown: (row: CallRow) => isShown(shown, row.status),
      };
      changeList.current?.((list) => withArrived(list, arrived));
    },
    [key],
  );
  const { change, reload, ...pages } = useEventPages(key, take);
  changeList.current = change;
  useLiveTerms(liveTerms(terms));
  useArrivals(take, reload);
  const { list } = pages;
  // The page begins at the top whenever other terms hold.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the terms are what it is about
  useEffect(() => {
    atTop.current = true;
  }, [key]);
  useEffect(() => {
    if (list.grown > MAX_GROWN_ROWS && atTop.current) reload();
  }, [list.grown, reload]);
  return {
    ...pages,
    showWaiting: () => {
      atTop.current = true;
      if (list.waiting.length >= MAX_WAITING) reload();
      else change(withWaiting);
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
