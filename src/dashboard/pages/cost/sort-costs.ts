/** In which order the rows of the cost table stand: `calls` is the smallest first, `-calls` the largest. */
import type { CostReport, CostRow } from '../../../contracts/cost.ts';
import { compareDecimals } from '../../ui/decimal.ts';
import { rowName } from './cost-rows.ts';

export const TOKEN_COLUMNS = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const;
export type CostColumn = 'name' | 'calls' | (typeof TOKEN_COLUMNS)[number] | 'cost';
const COLUMNS: readonly CostColumn[] = ['name', 'calls', ...TOKEN_COLUMNS, 'cost'];

export interface CostSort {
  readonly column: CostColumn;
  readonly descending: boolean;
}

/** As it stands in the address; undefined when that names no column. */
export function readCostSort(text: string | undefined): CostSort | undefined {
  const descending = text?.startsWith('-') ?? false;
  const name = descending ? text?.slice(1) : text;
  const column = COLUMNS.find((one) => one === name);
  return column && { column, descending };
}

/** How the server orders them; undefined where no one column says it: the newest runs, then the dearest. */
export function servedSort(by: CostReport['by']): CostSort | undefined {
  if (by === 'run') return undefined;
  return { column: by === 'day' ? 'name' : 'cost', descending: true };
}

/** What the address says after a press on that heading: names begin at A, figures at the largest. */
export function pressedSort(column: CostColumn, now: CostSort | undefined): string {
  const descending = now?.column === column ? !now.descending : column !== 'name';
  return descending ? `-${column}` : column;
}

/** What is equal stays in the order of the server. */
export function sortCosts(
  { rows, by }: Pick<CostReport, 'rows' | 'by'>,
  sort: CostSort | undefined,
): readonly CostRow[] {
  if (sort === undefined) return rows;
  const sign = sort.descending ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(a, b, { column: sort.column, by }));
}

function compare(
  a: CostRow,
  b: CostRow,
  { column, by }: { readonly column: CostColumn; readonly by: CostReport['by'] },
): number {
  if (column === 'cost') return compareDecimals(a.amount, b.amount);
  if (column === 'calls') return a.calls - b.calls;
  if (column !== 'name') return a.tokens[column] - b.tokens[column];
  const [one, other] = [rowName(a, by), rowName(b, by)];
  return one < other ? -1 : one > other ? 1 : 0;
}
