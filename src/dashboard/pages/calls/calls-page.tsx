import { useNavigate, useSearch } from '@tanstack/react-router';
import { ArrowUp } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { SidePanel } from '../../ui/side-panel.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import type { CallRow } from './call-row.ts';
import { type CallTerms, TERMS, termsOf } from './call-terms.ts';
import { CallsTable } from './calls-table.tsx';
import { EventDetails } from './event-details.tsx';
import { ExportButton } from './export-button.tsx';
import { FilterBar } from './filter-bar.tsx';
import { type ShownEvents, useEventList } from './use-event-list.ts';

export function CallsPage() {
  const search = useSearch({ from: '/calls' });
  const navigate = useNavigate({ from: '/calls' });
  const termsKey = JSON.stringify(termsOf(search));
  const terms = useMemo(() => JSON.parse(termsKey) as CallTerms, [termsKey]);
  const shown = useEventList(terms);
  const open = search.event;

  const setTerms = useCallback(
    (next: CallTerms) => {
      const none = Object.fromEntries(TERMS.map((name) => [name, undefined]));
      void navigate({ search: (before) => ({ ...before, ...none, ...next }) });
    },
    [navigate],
  );
  const show = useCallback(
    (id: string | undefined) =>
      void navigate({ search: (before) => ({ ...before, event: id }), replace: true }),
    [navigate],
  );
  return (
    <div className="flex h-[calc(100dvh-6rem)] min-h-96 flex-col md:h-[calc(100dvh-3rem)]">
      <PageTitle title="Calls" actions={<ExportButton terms={terms} />} />
      <FilterBar terms={terms} onChange={setTerms} />
      <div className="flex min-h-0 flex-1 gap-4">
        <section
          aria-label="Events"
          className="relative flex min-h-0 min-w-0 flex-1 flex-col rounded-lg border border-line bg-surface"
        >
          <Rows shown={shown} selected={open} onSelect={({ id }) => show(id)} />
        </section>
        {open !== undefined && (
          <SidePanel title="Event" onClose={() => show(undefined)}>
            <EventDetails key={open} id={open} />
          </SidePanel>
        )}
      </div>
    </div>
  );
}

function Rows(props: {
  readonly shown: ShownEvents;
  readonly selected: string | undefined;
  readonly onSelect: (row: CallRow) => void;
}) {
  const { list, loading, error, loadMore, reload, setAtTop, showWaiting } = props.shown;
  const [tops, setTops] = useState(0);
  if (error !== undefined && list.rows.length === 0)
    return (
      <div className="p-4">
        <Failure error={error} retry={reload} />
      </div>
    );
  if (list.nextCursor === undefined) return <Loading rows={12} label="Loading events" />;
  if (list.rows.length === 0)
    return (
      <Empty title="Nothing matches (yet)" command="swarm invoke NAME --data '{}'">
        New events appear here by themselves. Fewer filters find more, and “Everything” also finds
        what is no call.
      </Empty>
    );
  return (
    <>
      {list.waiting.length > 0 && (
        <Button
          size="small"
          kind="primary"
          className="-translate-x-1/2 absolute top-11 left-1/2 z-10 shadow-lg"
          onClick={() => {
            showWaiting();
            setTops(tops + 1);
          }}
        >
          <ArrowUp aria-hidden /> {list.waiting.length} new
        </Button>
      )}
      <CallsTable
        rows={list.rows}
        selected={props.selected}
        onSelect={props.onSelect}
        onEnd={loadMore}
        onTop={setAtTop}
        topWhen={tops}
      />
      <Foot shown={props.shown} loading={loading} error={error} />
    </>
  );
}

function Foot({
  shown,
  loading,
  error,
}: {
  readonly shown: ShownEvents;
  readonly loading: boolean;
  readonly error: unknown;
}) {
  const { rows, nextCursor } = shown.list;
  if (error !== undefined)
    return (
      <div className="border-line border-t p-2">
        <Failure error={error} retry={shown.reload} />
      </div>
    );
  return (
    <p className="flex h-8 shrink-0 items-center border-line border-t px-4 text-muted text-xs">
      {rows.length.toLocaleString('en')} {rows.length === 1 ? 'event' : 'events'}
      {loading
        ? ', loading more…'
        : nextCursor === null
          ? ', all that match'
          : ', more further down'}
    </p>
  );
}
