import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { PageTitle } from '../../ui/page-title.tsx';
import { SidePanel } from '../../ui/side-panel.tsx';
import { type CallTerms, TERMS, termsOf } from './call-terms.ts';
import { CallsList } from './calls-list.tsx';
import { EventDetails } from './event-details.tsx';
import { ExportButton } from './export-button.tsx';
import { FilterBar } from './filter-bar.tsx';
import { useEventList } from './use-event-list.ts';

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
  const close = () => {
    // Back to where it was opened from.
    document.querySelector<HTMLElement>('[role=row][aria-selected=true]')?.focus();
    show(undefined);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes the panel from anywhere on the page
    <div
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open !== undefined && !isTyping(event.target)) close();
      }}
      className="flex h-[calc(100dvh-6rem)] min-h-96 flex-col md:h-[calc(100dvh-3rem)]"
    >
      <PageTitle title="Calls" actions={<ExportButton terms={terms} />} />
      <FilterBar terms={terms} onChange={setTerms} />
      <div className="flex min-h-0 flex-1 gap-4">
        <section
          aria-label="Events"
          className="relative flex min-h-0 min-w-0 flex-1 flex-col rounded-lg border border-line bg-surface"
        >
          <CallsList terms={terms} shown={shown} selected={open} onSelect={({ id }) => show(id)} />
        </section>
        {open !== undefined && (
          <SidePanel title="Event" onClose={close}>
            <EventDetails key={open} id={open} />
          </SidePanel>
        )}
      </div>
    </div>
  );
}

function isTyping(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select');
}
