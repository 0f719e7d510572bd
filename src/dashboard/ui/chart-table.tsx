import { useState } from 'react';
import type { Series } from './chart-series.ts';

const MAX_ROWS = 400;

/** The figures of a chart for those who do not see it, or who want them exactly. */
export function ChartTable({
  label,
  times,
  series,
  formatTime,
}: {
  readonly label: string;
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly formatTime: (seconds: number) => string;
}) {
  const [open, setOpen] = useState(false);
  const first = Math.max(0, times.length - MAX_ROWS);
  return (
    <details
      className="mt-1 text-xs"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="w-fit cursor-pointer rounded text-muted hover:text-ink">
        The figures as a table
      </summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also with the keyboard
        <section aria-label={label} tabIndex={0} className="mt-2 max-h-64 overflow-auto">
          <table className="w-full text-right tabular-nums">
            <caption className="sr-only">{label}</caption>
            <thead className="text-muted">
              <tr>
                <th scope="col" className="py-1 text-left font-medium">
                  Time
                </th>
                {series.map((one) => (
                  <th key={one.label} scope="col" className="py-1 pl-3 font-medium">
                    {one.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.slice(first).map((time, i) => (
                <tr key={time} className="border-line/60 border-t">
                  <th scope="row" className="py-1 text-left font-normal">
                    {formatTime(time)}
                  </th>
                  {series.map((one) => {
                    const value = one.values[first + i];
                    return (
                      <td key={one.label} className="pl-3">
                        {value === null || value === undefined ? '–' : one.format(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
