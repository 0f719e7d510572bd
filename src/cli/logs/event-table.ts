import type { EventResource } from '../../contracts/event.ts';
import type { Output } from '../output/output.ts';
import { cutText, shownLength } from '../output/table.ts';
import { EVENT_HEADERS, eventRow } from './event-text.ts';

const SUMMARY = EVENT_HEADERS.length - 1;
/** Columns that are often empty take no room until something stands in them. */
const OPTIONAL = new Set(['ID', 'TOKENS', 'COST', 'RUN', 'TOOK', 'AGENT']);
/** A summary is cut to the terminal, but never below this. */
const MIN_SUMMARY = 20;

/**
 * A table that is written as rows come. Columns are as wide as the first rows want them, and grow
 * when a later one wants more; the last one is cut to the terminal's width.
 */
export function createEventTable(
  { stdout, colors }: Output,
  { ids }: { ids: boolean },
): {
  write(events: readonly EventResource[]): void;
} {
  const widths: number[] = EVENT_HEADERS.map((name) => (OPTIONAL.has(name) ? 0 : name.length));
  let headed = false;
  const line = (cells: readonly string[]) => {
    const shown = cells.slice(0, SUMMARY).flatMap((cell, column) => {
      const width = widths[column] ?? 0;
      return width === 0 ? [] : [cell + ' '.repeat(Math.max(0, width - shownLength(cell)))];
    });
    const before = shown.join('  ');
    const summary = cells[SUMMARY] ?? '';
    const room = stdout.isTTY
      ? Math.max(MIN_SUMMARY, (stdout.columns || 80) - shownLength(before) - 2)
      : Number.POSITIVE_INFINITY;
    const fits = shownLength(summary) <= room ? summary : `${cutText(summary, room - 1)}…`;
    return `${`${before}  ${fits}`.trimEnd()}\n`;
  };
  return {
    write(events) {
      const rows = events.map((event) => eventRow(event, { colors, ids }));
      for (const row of rows)
        row.slice(0, SUMMARY).forEach((cell, column) => {
          const length = shownLength(cell);
          const least = length === 0 ? 0 : (EVENT_HEADERS[column]?.length ?? 0);
          widths[column] = Math.max(widths[column] ?? 0, length, least);
        });
      const head = headed || rows.length === 0 ? [] : [[...EVENT_HEADERS]];
      headed ||= rows.length > 0;
      if (rows.length > 0) stdout.write([...head, ...rows].map(line).join(''));
    },
  };
}
