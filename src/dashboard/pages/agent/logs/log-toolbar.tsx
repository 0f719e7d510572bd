import { ArrowDown, ArrowUp, SquareTerminal, WrapText } from 'lucide-react';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { Input, Select, Switch } from '../../../ui/field.tsx';
import { DownloadLog } from './download-log.tsx';
import type { LogFilter } from './filter-log.ts';

interface LogToolbarProps {
  readonly agent: AgentResource;
  readonly filter: LogFilter;
  readonly matches: number;
  /** Which of them is gone to. */
  readonly match: number | undefined;
  readonly goTo: (match: number) => void;
  readonly set: (change: Readonly<Record<string, string | undefined>>) => void;
  readonly wrap: boolean;
  readonly setWrap: (wrap: boolean) => void;
  readonly openConsole: () => void;
}

export function LogToolbar(props: LogToolbarProps) {
  const { agent, filter, set, wrap, setWrap, openConsole } = props;
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b p-2">
      <Search {...props} />
      <Select
        aria-label="Stream"
        className="w-auto min-w-0 flex-1 pr-1 sm:flex-none"
        value={filter.stream ?? ''}
        onChange={(event) => set({ stream: event.target.value || undefined })}
      >
        <option value="">all streams</option>
        <option value="stdout">stdout</option>
        <option value="stderr">stderr</option>
        <option value="system">system</option>
      </Select>
      <Select
        aria-label="Replica"
        className="w-auto min-w-0 flex-1 pr-1 sm:flex-none"
        value={filter.replica ?? ''}
        onChange={(event) => set({ replica: event.target.value || undefined })}
      >
        <option value="">all replicas</option>
        {agent.replicas.items.map(({ number }) => (
          <option key={number} value={number}>
            replica {number}
          </option>
        ))}
      </Select>
      <span className="flex items-center gap-1 md:ml-auto">
        <Button
          kind="quiet"
          size="icon"
          aria-label="Wrap long lines"
          aria-pressed={wrap}
          className={classes(wrap && 'bg-accent-soft text-accent')}
          onClick={() => setWrap(!wrap)}
        >
          <WrapText />
        </Button>
        <Button kind="quiet" size="icon" aria-label="Console of a machine" onClick={openConsole}>
          <SquareTerminal />
        </Button>
        <DownloadLog agent={agent.name} />
      </span>
    </div>
  );
}

function Search({ filter, matches, match, goTo, set }: LogToolbarProps) {
  const step = (by: number) => {
    if (matches === 0) return;
    const from = match ?? (by > 0 ? -1 : matches);
    goTo((from + by + matches) % matches);
  };
  return (
    <>
      <Input
        data-page-search
        type="search"
        aria-label="Search the log"
        placeholder="Search the log"
        className="w-full min-w-40 sm:w-64"
        maxLength={200}
        value={filter.find}
        onChange={(event) => set({ find: event.target.value || undefined })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
        }}
      />
      {filter.find !== '' && (
        <span className="flex items-center gap-1">
          <span role="status" className="text-muted text-xs tabular-nums">
            {match === undefined || matches === 0 ? '' : `${Math.min(match + 1, matches)} of `}
            {matches.toLocaleString('en')} {matches === 1 ? 'line' : 'lines'}
          </span>
          <Button kind="quiet" size="iconSmall" aria-label="Match before" onClick={() => step(-1)}>
            <ArrowUp />
          </Button>
          <Button kind="quiet" size="iconSmall" aria-label="Next match" onClick={() => step(1)}>
            <ArrowDown />
          </Button>
          <Switch
            label="only these"
            checked={filter.onlyMatches}
            onCheckedChange={(only) => set({ only: only ? 'true' : undefined })}
          />
        </span>
      )}
    </>
  );
}
