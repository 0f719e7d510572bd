import 'uplot/dist/uPlot.min.css';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import uPlot from 'uplot';
import { chartOptions } from './chart-options.ts';
import type { Series } from './chart-series.ts';
import { ChartTable } from './chart-table.tsx';
import { classes } from './classes.ts';

interface LineChartProps {
  /** What it shows: its accessible name. */
  readonly label: string;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  /** Series with the same `axis` have one scale. */
  readonly series: readonly Series[];
  readonly heightPx: number;
  /** Of a time, on the axis and beside the figures. */
  readonly formatTime: (seconds: number) => string;
  /** Days begin as they do in UTC; default: as they do for the viewer. */
  readonly utc?: boolean;
}

const INK: Readonly<Record<Series['tone'], string>> = {
  accent: 'bg-accent',
  bad: 'bg-bad',
  warn: 'bg-warn',
  info: 'bg-info',
};

/** Lines or bars over time, in the colours of the theme; the same figures stand in a table. */
export function LineChart(props: LineChartProps) {
  const { label, times, series, heightPx, formatTime } = props;
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | undefined>();
  const chart = useChart(place, { ...props, onCursor: setAt });
  useEffect(() => {
    chart.current?.setData([[...times], ...series.map(({ values }) => [...values])]);
  }, [chart, times, series]);
  const shown = at !== undefined && at < times.length ? at : times.length - 1;
  const time = times[shown];
  return (
    <figure className="min-w-0">
      <figcaption className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted text-xs">
        {series.map(({ label: name, tone, values, format }) => (
          <span key={name} className="flex items-center gap-1.5">
            <span className={classes('size-2 rounded-full', INK[tone])} aria-hidden />
            {name}
            <span className="font-medium text-ink tabular-nums">
              {values[shown] === null || values[shown] === undefined ? '–' : format(values[shown])}
            </span>
          </span>
        ))}
        <span className="ml-auto tabular-nums">{time === undefined ? '' : formatTime(time)}</span>
      </figcaption>
      <div
        ref={place}
        role="img"
        aria-label={label}
        style={{ height: heightPx }}
        className="w-full overflow-hidden"
      />
      <ChartTable label={label} times={times} series={series} formatTime={formatTime} />
    </figure>
  );
}

interface ChartGiven extends LineChartProps {
  readonly onCursor: (index: number | undefined) => void;
}

/** Makes it anew when the theme or the kind of series changes, and fits it to its place. */
function useChart(place: React.RefObject<HTMLDivElement | null>, given: ChartGiven) {
  const chart = useRef<uPlot | undefined>(undefined);
  const shape = given.series.map(({ label, tone, kind }) => `${label}/${tone}/${kind}`).join();
  const make = useEffectEvent((element: HTMLDivElement) => {
    chart.current?.destroy();
    const { times, series } = given;
    chart.current = new uPlot(
      chartOptions({ ...given, widthPx: Math.max(120, element.clientWidth) }),
      [[...times], ...series.map(({ values }) => [...values])],
      element,
    );
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape of series is another chart
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    make(element);
    const fit = new ResizeObserver(() => {
      const width = Math.max(120, element.clientWidth);
      if (chart.current !== undefined && chart.current.width !== width)
        chart.current.setSize({ width, height: chart.current.height });
    });
    fit.observe(element);
    const themed = new MutationObserver(() => make(element));
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      fit.disconnect();
      themed.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [place, shape, given.heightPx]);
  return chart;
}
