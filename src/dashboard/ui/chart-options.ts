import uPlot from 'uplot';
import type { Series } from './chart-series.ts';

interface ChartGiven {
  readonly series: readonly Series[];
  readonly widthPx: number;
  readonly heightPx: number;
  readonly formatTime: (seconds: number) => string;
  readonly utc?: boolean;
  /** Of what the pointer is at; undefined when it has left. */
  readonly onCursor: (index: number | undefined) => void;
}

const WHOLE = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();
/** Bars are days: the first and the last are shown whole. */
const HALF_BAR_SECONDS = 12 * 3600;
const DAY_STEPS = [1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * 24 * 3600);
const FONT = '11px ui-sans-serif, system-ui, sans-serif';

/** How uPlot draws it. Its own legend is left out: it would move the page as the pointer moves. */
export function chartOptions(given: ChartGiven): uPlot.Options {
  const { series, widthPx, heightPx, formatTime, onCursor } = given;
  const color = themeColors();
  const hasBars = series.some(({ kind }) => kind === 'bars');
  const sides = (['left', 'right'] as const).filter((side) =>
    series.some(({ axis }) => axis === side),
  );
  return {
    width: widthPx,
    height: heightPx,
    legend: { show: false },
    padding: [8, sides.includes('right') ? 0 : 12, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    ...(given.utc === true && {
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    }),
    scales: {
      x: {
        time: true,
        ...(hasBars && {
          range: (_: uPlot, from: number, to: number) => [
            from - HALF_BAR_SECONDS,
            to + HALF_BAR_SECONDS,
          ],
        }),
      },
      ...Object.fromEntries(
        sides.map((side) => [
          side,
          { range: (_: uPlot, _min: number, most: number) => upTo(most) },
        ]),
      ),
    },
    axes: [
      {
        ...axisLook(color),
        grid: { show: false },
        size: 26,
        space: 70,
        ...(hasBars && { incrs: DAY_STEPS }),
        values: (_, splits) => splits.map(formatTime),
      },
      ...sides.map((side) => valueAxis(side, { series, color })),
    ],
    series: [{}, ...series.map((one) => lineOf(one, color))],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? undefined)] },
  };
}

type Colors = (name: string) => string;

function themeColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** From 0, with air above; never a flat line at the top of an empty chart. */
function upTo(most: number | null): [number, number] {
  return [0, most === null || most <= 0 ? 1 : most * 1.1];
}

function axisLook(color: Colors): uPlot.Axis {
  return {
    font: FONT,
    stroke: color('muted'),
    ticks: { show: false },
    border: { show: false },
  };
}

function valueAxis(
  side: Series['axis'],
  { series, color }: { readonly series: readonly Series[]; readonly color: Colors },
): uPlot.Axis {
  const first = series.find(({ axis }) => axis === side);
  const format = first?.format ?? String;
  return {
    ...axisLook(color),
    scale: side,
    side: side === 'left' ? 3 : 1,
    size: 62,
    space: 36,
    grid: { show: side === 'left', stroke: color('line'), width: 1 },
    ...(first?.whole === true && { incrs: WHOLE }),
    values: (_, splits) => splits.map((value) => format(value)),
  };
}

/** A value between two that are none has no line to either. */
function lonePoints(chart: uPlot, index: number, shown: boolean): number[] | null {
  const values = chart.data[index];
  if (!shown || values === undefined) return null;
  const isNone = (i: number) => values[i] === null || values[i] === undefined;
  return [...values.keys()].filter((i) => !isNone(i) && isNone(i - 1) && isNone(i + 1));
}

function lineOf({ label, tone, kind, axis }: Series, color: Colors): uPlot.Series {
  const ink = color(tone);
  const bars = kind === 'bars' ? uPlot.paths.bars?.({ size: [0.7, 48] }) : undefined;
  return {
    label,
    scale: axis,
    stroke: ink,
    width: kind === 'bars' ? 0 : 1.5,
    points: { show: kind !== 'bars', size: 5, fill: ink, filter: lonePoints },
    ...(kind === 'area' && { fill: color(`${tone}-soft`) }),
    ...(bars !== undefined && { fill: ink, paths: bars }),
  };
}
