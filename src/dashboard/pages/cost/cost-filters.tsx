import type { CostReport } from '../../../contracts/cost.ts';
import { useLive } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Input, Select } from '../../ui/field.tsx';
import { useNowSeconds } from '../../ui/time.tsx';
import { chosenPreset, dayOf, rangePresets } from './cost-range.ts';
import { useCostSearch } from './use-cost-search.ts';

/** Which days, and of whom. */
export function CostFilters({ report }: { readonly report: CostReport | undefined }) {
  const { agent, since, until, set } = useCostSearch();
  const { agents = [] } = useLive();
  const nowMs = useNowSeconds() * 1000;
  const chosen = chosenPreset({ since, until }, nowMs);
  const names = new Set([
    ...agents.map(({ name }) => name),
    ...(agent === undefined ? [] : [agent]),
  ]);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
      <fieldset className="flex flex-wrap gap-1">
        <legend className="sr-only">Days</legend>
        {rangePresets(nowMs).map((preset) => (
          <Button
            key={preset.id}
            size="small"
            kind={chosen?.id === preset.id ? 'plain' : 'quiet'}
            aria-pressed={chosen?.id === preset.id}
            onClick={() => set({ since: preset.since ?? '', until: preset.until ?? '' })}
          >
            {preset.label}
          </Button>
        ))}
      </fieldset>
      <Days report={report} today={dayOf(nowMs)} />
      <Select
        aria-label="Of one agent"
        className="h-8 w-44 sm:ml-auto"
        value={agent ?? ''}
        onChange={(event) => set({ agent: event.target.value })}
      >
        <option value="">All agents</option>
        {[...names].sort().map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </div>
  );
}

/** As the server understood them; a day that is chosen here stays as it is tomorrow. */
function Days({
  report,
  today,
}: {
  readonly report: CostReport | undefined;
  readonly today: string;
}) {
  const { set } = useCostSearch();
  const { since = '', until = '' } = report ?? {};
  return (
    <span className="flex items-center gap-1.5 text-muted">
      <Input
        type="date"
        aria-label="From, a day in UTC"
        className="h-8 w-34 text-xs"
        value={since}
        max={until || today}
        onChange={({ target: { value } }) =>
          value !== '' && set({ since: value, until: until === today ? '' : until })
        }
      />
      to
      <Input
        type="date"
        aria-label="To, a day in UTC that is included"
        className="h-8 w-34 text-xs"
        value={until}
        min={since}
        max={today}
        onChange={({ target: { value } }) => value !== '' && set({ since, until: value })}
      />
      <span className="text-xs">UTC</span>
    </span>
  );
}
