import { literalPattern } from '../../../ui/match-ranges.ts';
import { type LogBuffer, type LogLine, plainText } from './log-buffer.ts';

export interface LogFilter {
  readonly stream: LogLine['stream'] | undefined;
  readonly replica: number | undefined;
  readonly find: string;
  /** Lines without a match are left out. */
  readonly onlyMatches: boolean;
}

export interface FilteredLog {
  readonly filter: LogFilter;
  readonly lines: readonly LogLine[];
  /** Places in `lines` where a match is. */
  readonly matches: readonly number[];
  /** Lines from this id on were looked at before they were whole. */
  readonly settledBefore: number;
}

/** What the filter lets through; what was looked at before and stays as it is is not looked at again. */
export function filterLog(
  buffer: Pick<LogBuffer, 'lines' | 'settledBefore'>,
  filter: LogFilter,
  before?: FilteredLog,
): FilteredLog {
  const first = buffer.lines[0]?.id ?? 0;
  const known = before !== undefined && sameFilter(before.filter, filter) ? before : undefined;
  const start = indexOfId(known?.lines ?? [], first);
  const end = indexOfId(known?.lines ?? [], known?.settledBefore ?? 0);
  const lines = known?.lines.slice(start, end) ?? [];
  const matches = (known?.matches ?? [])
    .filter((at) => at >= start && at < end)
    .map((at) => at - start);
  const pattern = literalPattern(filter.find);
  for (let i = Math.max(0, (known?.settledBefore ?? 0) - first); i < buffer.lines.length; i++) {
    const line = buffer.lines[i];
    if (line === undefined || !passes(line, filter)) continue;
    const found = pattern !== undefined && plainText(line).search(pattern) >= 0;
    if (!found && filter.onlyMatches && pattern !== undefined) continue;
    if (found) matches.push(lines.length);
    lines.push(line);
  }
  return { filter, lines, matches, settledBefore: buffer.settledBefore };
}

/** Place of the first line with this id or a later one. */
function indexOfId(lines: readonly LogLine[], id: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function passes(line: LogLine, { stream, replica }: LogFilter): boolean {
  return (
    (stream === undefined || line.stream === stream) &&
    (replica === undefined || line.replica === replica)
  );
}

function sameFilter(a: LogFilter, b: LogFilter): boolean {
  return (
    a.stream === b.stream &&
    a.replica === b.replica &&
    a.find === b.find &&
    a.onlyMatches === b.onlyMatches
  );
}
