import type { Overview } from '../../../contracts/overview.ts';
import type { Series } from '../../ui/chart-series.ts';
import { count, milliseconds } from '../../ui/figures.tsx';

const MINUTE_SECONDS = 60;

/** The beginnings of the minutes of the series, in seconds since the epoch. */
export function minuteTimes(asOf: string, minutes: number): readonly number[] {
  const last = Math.floor(Date.parse(asOf) / 1000 / MINUTE_SECONDS);
  return Array.from({ length: minutes }, (_, i) => (last - minutes + 1 + i) * MINUTE_SECONDS);
}

const perMinute = (value: number) => `${count(Math.round(value * 10) / 10)}/min`;

/** A minute without calls has no latency, which is not one of 0 ms. */
export function hourSeries({ series }: Overview['totals']): readonly Series[] {
  return [
    {
      ...{ label: 'Calls', values: series.calls, tone: 'accent', kind: 'area', axis: 'left' },
      ...{ whole: true, format: perMinute },
    },
    {
      ...{ label: 'Errors', values: series.errors, tone: 'bad', kind: 'line', axis: 'left' },
      ...{ whole: true, format: perMinute },
    },
    {
      ...{ label: 'p95 latency', tone: 'info', kind: 'line', axis: 'right' },
      values: series.p95Ms.map((ms, i) => ((series.calls[i] ?? 0) > 0 ? ms : null)),
      format: (ms) => (ms === 0 ? '0 ms' : milliseconds(ms)),
    },
  ] as const;
}
