import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Empty, Failure, Loading } from '../../../ui/states.tsx';
import { ConsoleDialog } from './console-dialog.tsx';
import { type FilteredLog, filterLog, type LogFilter } from './filter-log.ts';
import { LineDialog } from './line-dialog.tsx';
import type { LogLine } from './log-buffer.ts';
import { LogRows } from './log-rows.tsx';
import { LogStatus } from './log-status.tsx';
import { LogToolbar } from './log-toolbar.tsx';
import { useAgentLog } from './use-agent-log.ts';

const FIRST_TAIL = 2_000;
const MORE_TAIL = 50_000;
const STREAMS = ['stdout', 'stderr', 'system'] as const;

/** What the agent’s processes print, as they print it. */
export function LogsTab({ agent }: { readonly agent: AgentResource }) {
  const search = useSearch({ from: '/agents/$name' });
  const navigate = useNavigate({ from: '/agents/$name' });
  const [tail, setTail] = useState(FIRST_TAIL);
  const [wrap, setWrap] = useState(() => matchMedia('(width < 40rem)').matches);
  const [following, setFollowing] = useState(true);
  const [match, setMatch] = useState<number>();
  const [opened, setOpened] = useState<LogLine>();
  const [console, setConsole] = useState(false);
  const log = useAgentLog(agent.name, tail);
  const filter = filterOf(search);
  const shown = useFiltered(log.buffer, { filter, version: log.version });
  const set = (change: Readonly<Record<string, string | undefined>>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const goTo = (next: number) => {
    setFollowing(false);
    setMatch(next);
  };
  if (log.error !== undefined) return <Failure error={log.error} />;
  return (
    <div className="flex h-[calc(100dvh-17rem)] min-h-96 flex-col overflow-hidden rounded-lg border border-line bg-surface">
      <LogToolbar
        agent={agent}
        filter={filter}
        matches={shown.matches.length}
        {...{ match, goTo, set, wrap, setWrap }}
        openConsole={() => setConsole(true)}
      />
      <div className="min-h-0 flex-1">
        {log.buffer.lines.length === 0 && <Nothing link={log.link} agent={agent.name} />}
        <LogRows
          lines={shown.lines}
          find={filter.find}
          goTo={match === undefined ? undefined : shown.matches[match]}
          onOpen={setOpened}
          onFollow={setFollowing}
          {...{ wrap, following }}
        />
      </div>
      <LogStatus
        log={log}
        shown={shown.lines.length}
        following={following}
        follow={() => setFollowing(true)}
        more={tail === FIRST_TAIL ? () => setTail(MORE_TAIL) : undefined}
      />
      <LineDialog line={opened} close={() => setOpened(undefined)} />
      {console && <ConsoleDialog agent={agent} close={() => setConsole(false)} />}
    </div>
  );
}

function Nothing({ link, agent }: { readonly link: string; readonly agent: string }) {
  if (link === 'connecting') return <Loading rows={8} />;
  return (
    <Empty title="It has printed nothing yet" command={`swarm logs ${agent} --stdout -f`}>
      Lines are here as soon as its process writes them to its standard or error output.
    </Empty>
  );
}

type Search = Readonly<Record<string, string | undefined>>;

function filterOf({ stream, replica, find, only }: Search): LogFilter {
  return {
    stream: STREAMS.find((one) => one === stream),
    replica: replica !== undefined && /^\d{1,6}$/.test(replica) ? Number(replica) : undefined,
    find: find?.slice(0, 200) ?? '',
    onlyMatches: only === 'true',
  };
}

interface FilterOptions {
  readonly filter: LogFilter;
  readonly version: number;
}

function useFiltered(
  buffer: Parameters<typeof filterLog>[0],
  { filter, version }: FilterOptions,
): FilteredLog {
  const before = useRef<{ of: unknown; filtered: FilteredLog }>(undefined);
  const { stream, replica, find, onlyMatches } = filter;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the buffer changes in place, the version says so
  return useMemo(() => {
    const known = before.current?.of === buffer ? before.current.filtered : undefined;
    const filtered = filterLog(buffer, { stream, replica, find, onlyMatches }, known);
    before.current = { of: buffer, filtered };
    return filtered;
  }, [buffer, stream, replica, find, onlyMatches, version]);
}
