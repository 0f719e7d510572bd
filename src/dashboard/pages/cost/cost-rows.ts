/** Rows of a cost report: what they are called, and the calls behind them. */
import type { CostReport, CostRow } from '../../../contracts/cost.ts';
import type { EventTermsQuery } from '../../../contracts/event-query.ts';
import { dayAfter } from './cost-range.ts';

export const COST_BY = ['agent', 'model', 'tool', 'day', 'run'] as const;
export type CostBy = CostReport['by'];

/** What further models and tools of an agent and day are added up under. */
const OTHERS = '(others)';
const NONE: Readonly<Record<CostBy, string>> = {
  agent: 'no agent',
  model: 'no model',
  tool: 'no tool',
  day: '–',
  run: 'no run',
};

export function isMachineTime({ key, provider }: Pick<CostRow, 'key' | 'provider'>): boolean {
  return provider === 'swarm' && key === 'machine-time';
}

/** Written by agents and upstreams: to be shown as hostile text. */
export function rowName(row: Pick<CostRow, 'key' | 'provider'>, by: CostBy): string {
  if (by === 'model' && isMachineTime(row)) return 'machine time';
  if (row.key === '') return NONE[by];
  if (row.key === OTHERS) return 'others, added up';
  return by === 'model' && row.provider ? `${row.provider}/${row.key}` : row.key;
}

type Range = Pick<CostReport, 'since' | 'until'> & { readonly agent?: string | undefined };

/** The calls behind the whole range. */
export function rangeTerms({ since, until, agent }: Range): EventTermsQuery {
  return { kind: 'egress.call', since, until: dayAfter(until), ...(agent && { agent }) };
}

/** The calls behind a row; undefined where no search term says it: without a tool, all others. */
export function rowTerms(row: CostRow, by: CostBy, range: Range): EventTermsQuery | undefined {
  const terms = rangeTerms(range);
  const { key, provider } = row;
  if (by === 'model' && isMachineTime(row)) return { ...terms, kind: 'cost.machine_time' };
  if (by === 'day') return { ...terms, since: key, until: dayAfter(key) };
  // A comma stands between the words of a term.
  const given = [key, provider ?? ''];
  if (key === '' || given.some((text) => text === OTHERS || text.includes(','))) return undefined;
  if (by === 'model') return { ...terms, model: key, ...(provider && { provider }) };
  return { ...terms, [by]: key };
}

/** Models without a price that were called all the same. */
export function unpricedModels(rows: readonly CostRow[]): readonly CostRow[] {
  return rows.filter((row) => row.unpriced > 0 && row.key !== OTHERS);
}
