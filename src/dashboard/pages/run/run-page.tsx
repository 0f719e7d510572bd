import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { RunResource } from '../../../contracts/event-query.ts';
import { Button } from '../../ui/button.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { SidePanel } from '../../ui/side-panel.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { useNowSeconds } from '../../ui/time.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { EventDetails } from '../calls/event-details.tsx';
import { shellWord } from '../calls/shell-word.ts';
import { type RunView, runColumns } from './run-columns.ts';
import { RunGrid } from './run-grid.tsx';
import { RunHead } from './run-head.tsx';
import { runSteps } from './run-steps.ts';
import { useRun } from './use-run.ts';
import { spanNs } from './waterfall.ts';

const SHORT_ID = 8;

/** What one call caused: as a tree and over time, with what was said in each step. */
export function RunPage() {
  const { id } = useParams({ from: '/runs/$id' });
  const search = useSearch({ from: '/runs/$id' });
  const navigate = useNavigate({ from: '/runs/$id' });
  const { run, error, retry } = useRun(id);
  const view: RunView = search.view === 'tree' ? 'tree' : 'waterfall';
  const short = id.slice(0, SHORT_ID);
  const change = (changes: { view?: string | undefined; event?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true });
  const close = () => {
    // Back to where it was opened from.
    document.querySelector<HTMLElement>('[role=row][aria-selected=true]')?.focus();
    change({ event: undefined });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes the panel from anywhere on the page
    <div
      onKeyDown={(event) => {
        if (event.key === 'Escape' && search.event !== undefined) close();
      }}
      className="flex h-[calc(100dvh-6rem)] min-h-[32rem] flex-col md:h-[calc(100dvh-3rem)]"
    >
      <PageTitle
        title={/^[0-9a-f]+$/.test(short) ? `Run ${short}` : 'Run'}
        actions={
          <>
            <ViewSwitch
              view={view}
              onChange={(next) => change({ view: next === 'waterfall' ? undefined : next })}
            />
            <CommandText command={`swarm run show ${shellWord(short)}`} />
          </>
        }
      >
        <span className="min-w-0 truncate" title={id}>
          Run <HostileText text={short} className="font-mono" />
        </span>
        {run !== undefined && <StatusBadge status={run.status} />}
      </PageTitle>
      {run !== undefined ? (
        <Steps
          run={run}
          view={view}
          selected={search.event}
          onSelect={(event) => change({ event })}
          onClose={close}
        />
      ) : error === null ? (
        <Loading rows={10} label="Loading the run" />
      ) : (
        <Failure error={error} retry={retry} />
      )}
    </div>
  );
}

interface StepsProps {
  readonly run: RunResource;
  readonly view: RunView;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
  readonly onClose: () => void;
}

function Steps({ run, view, selected, onSelect, onClose }: StepsProps) {
  const steps = useMemo(() => runSteps(run), [run]);
  const now = useNowSeconds();
  const isOpen = run.status === 'open';
  const nowNs = isOpen ? Math.max(0, now * 1000 - Date.parse(run.startedAt)) * 1e6 : 0;
  const span = useMemo(() => spanNs(steps, nowNs), [steps, nowNs]);
  const wide = useMedia('(min-width: 48rem)');
  const roomy = useMedia('(min-width: 64rem)');
  const room = wide ? (roomy && selected === undefined ? 'wide' : 'beside') : 'narrow';
  const columns = useMemo(
    () => runColumns(view, { room, tokens: run.tokens }),
    [view, room, run.tokens],
  );
  return (
    <>
      <RunHead run={run} />
      <div className="flex min-h-0 flex-1 gap-4">
        <section
          aria-label="Steps"
          className="flex min-h-0 min-w-0 flex-1 flex-col rounded-lg border border-line bg-surface"
        >
          <RunGrid {...{ steps, columns, span, nowNs, selected, onSelect }} />
        </section>
        {selected !== undefined && (
          <SidePanel title="Step" onClose={onClose}>
            <EventDetails key={selected} id={selected} inRun />
          </SidePanel>
        )}
      </div>
    </>
  );
}

function ViewSwitch({
  view,
  onChange,
}: {
  readonly view: RunView;
  readonly onChange: (view: RunView) => void;
}) {
  return (
    <fieldset className="flex rounded-md border border-line bg-surface p-0.5">
      <legend className="sr-only">How the run is shown</legend>
      {(['waterfall', 'tree'] as const).map((name) => (
        <Button
          key={name}
          size="small"
          kind="quiet"
          className="capitalize aria-pressed:bg-raised aria-pressed:text-ink"
          aria-pressed={view === name}
          onClick={() => onChange(name)}
        >
          {name}
        </Button>
      ))}
    </fieldset>
  );
}
