import { ArrowUp } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import type { CallRow } from './call-row.ts';
import type { CallTerms } from './call-terms.ts';
import { CallsTable } from './calls-table.tsx';
import { logsCommand } from './term-commands.ts';
import type { ShownEvents } from './use-event-list.ts';

interface CallsListProps {
  readonly terms: CallTerms;
  readonly shown: ShownEvents;
  /** Id of an event. */
  readonly selected: string | undefined;
  readonly onSelect: (row: CallRow) => void;
}

/** The rows, or why there are none; new ones wait above while the reader is further down. */
export function CallsList({ terms, shown, selected, onSelect }: CallsListProps) {
  const { list, error, loadMore, retry, setAtTop, showWaiting } = shown;
  const [tops, setTops] = useState(0);
  if (error !== undefined && list.rows.length === 0)
    return (
      <div className="p-4">
        <Failure error={error} retry={retry} />
      </div>
    );
  if (list.nextCursor === undefined) return <Loading rows={12} label="Loading events" />;
  if (list.rows.length === 0) return <Nothing terms={terms} />;
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
          <ArrowUp aria-hidden /> {list.waiting.length.toLocaleString('en')} new
        </Button>
      )}
      <CallsTable
        {...{ selected, onSelect }}
        rows={list.rows}
        onEnd={loadMore}
        onTop={setAtTop}
        topWhen={tops}
      />
      <Foot terms={terms} shown={shown} />
    </>
  );
}

function Nothing({ terms }: { readonly terms: CallTerms }) {
  return Object.keys(terms).length === 0 ? (
    <Empty title="No calls yet" command="swarm demo">
      Calls into agents, and theirs to models, tools and hosts, appear here as they begin.
    </Empty>
  ) : (
    <Empty title="Nothing matches" command={logsCommand(terms)}>
      What comes and matches appears here by itself. With fewer filters more is found; “Everything”
      also finds what is no call.
    </Empty>
  );
}

function Foot({ terms, shown }: Pick<CallsListProps, 'terms' | 'shown'>) {
  const { list, error, loading, retry } = shown;
  const command = logsCommand(terms);
  if (error !== undefined)
    return (
      <div className="border-line border-t p-2">
        <Failure error={error} retry={retry} />
      </div>
    );
  const { length } = list.rows;
  const rest = loading
    ? 'loading more…'
    : list.nextCursor === null
      ? 'all that match'
      : 'more further down';
  return (
    <footer className="flex h-8 shrink-0 items-center gap-2 border-line border-t pr-1 pl-4 text-muted text-xs">
      <p className="shrink-0">
        {length.toLocaleString('en')} {length === 1 ? 'event' : 'events'}, {rest}
      </p>
      <code className="ml-auto hidden min-w-0 truncate md:block" title="The same in a terminal">
        {command}
      </code>
      <CopyButton text={command} label="Copy as a command" />
    </footer>
  );
}
