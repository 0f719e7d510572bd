import type { CostReport } from '../../../contracts/cost.ts';
import type { Series } from '../../ui/chart-series.ts';
import { money } from '../../ui/figures.tsx';
import { LineChart } from '../../ui/line-chart.tsx';
import { daysOf } from './cost-range.ts';

const MAX_DAYS = 400;
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', timeZone: 'UTC' });
const formatDay = (seconds: number) => DAY.format(seconds * 1000);
/** As decimal text without an exponent. */
const dollars = (value: number) => money(value === 0 ? '0' : value.toFixed(6));

export default function CostByDayChart({
  days,
  heightPx,
}: {
  readonly days: CostReport;
  readonly heightPx: number;
}) {
  const amounts = new Map(days.rows.map(({ key, amount }) => [key, Number(amount)]));
  const shown = daysOf(days, MAX_DAYS);
  const cost: Series = {
    ...{ label: 'Cost', tone: 'accent', kind: 'bars', axis: 'left', format: dollars },
    values: shown.map((day) => amounts.get(day) ?? 0),
  };
  return (
    <LineChart
      utc
      label={`Cost by day from ${days.since} to ${days.until}, UTC`}
      times={shown.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000)}
      series={[cost]}
      heightPx={heightPx}
      formatTime={formatDay}
    />
  );
}
