/** Which days are looked at. Days are whole and in UTC, as the API counts them. */
export interface CostRange {
  readonly since?: string | undefined;
  /** That day included. */
  readonly until?: string | undefined;
}

export interface RangePreset extends CostRange {
  readonly id: 'today' | 'week' | 'thirty' | 'month' | 'last-month';
  readonly label: string;
}

const DAY_MS = 86_400_000;

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
export function dayAfter(day: string): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + DAY_MS);
}

/** The usual ranges as they stand in the address; durations go on with the days. */
export function rangePresets(nowMs: number): readonly RangePreset[] {
  const today = dayOf(nowMs);
  const beforeMonth = dayOf(Date.parse(`${today.slice(0, 7)}-01T00:00:00Z`) - DAY_MS);
  return [
    { id: 'today', label: 'Today', since: today },
    { id: 'week', label: '7 days', since: '6d' },
    { id: 'thirty', label: '30 days', since: '29d' },
    { id: 'month', label: 'This month' },
    {
      ...{ id: 'last-month', label: 'Last month' },
      ...{ since: `${beforeMonth.slice(0, 7)}-01`, until: beforeMonth },
    },
  ];
}

/** The one that is chosen; none when the days were chosen one by one. */
export function chosenPreset({ since, until }: CostRange, nowMs: number): RangePreset | undefined {
  const presets = rangePresets(nowMs);
  const firstOfMonth = `${dayOf(nowMs).slice(0, 7)}-01`;
  const found = presets.find((preset) => preset.since === since && preset.until === until);
  if (found !== undefined) return found;
  return since === firstOfMonth && until === undefined
    ? presets.find(({ id }) => id === 'month')
    : undefined;
}

/** Every day from the first to the last, at most so many, the last ones. */
export function daysOf({ since, until }: { since: string; until: string }, max: number): string[] {
  const days: string[] = [];
  for (let ms = Date.parse(`${until}T00:00:00Z`); days.length < max; ms -= DAY_MS) {
    const day = dayOf(ms);
    if (day < since) break;
    days.unshift(day);
  }
  return days;
}
