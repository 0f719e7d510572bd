import type { Overview } from '../../../contracts/overview.ts';
import { LineChart } from '../../ui/line-chart.tsx';
import { hourSeries, minuteTimes } from './hour-series.ts';

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const formatTime = (seconds: number) => CLOCK.format(seconds * 1000);

export default function LastHourChart({
  overview,
  heightPx,
}: {
  readonly overview: Overview;
  readonly heightPx: number;
}) {
  const { asOf, totals } = overview;
  return (
    <LineChart
      label="Calls and errors a minute, and p95 latency, in the last hour"
      times={minuteTimes(asOf, totals.series.calls.length)}
      series={hourSeries(totals)}
      heightPx={heightPx}
      formatTime={formatTime}
    />
  );
}
