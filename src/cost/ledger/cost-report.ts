/** Sums as they are asked for. */

import Big from 'big.js';
import type { Clock } from '../../base/clock.ts';
import {
  type CostBy,
  type CostReport,
  type CostRow,
  type CostSumsResource,
  CURRENCY,
  MAX_COST_ROWS,
} from '../../contracts/cost.ts';
import { parseDuration } from '../../contracts/units.ts';
import type { CostRunRow, CostStore, CostSums } from '../../store/store.ts';
import { costErrors } from '../errors.ts';
import { dayOf } from '../spending/totals.ts';
import { addSums } from './ledger-entry.ts';

export interface ReportQuery {
  readonly by: CostBy;
  readonly agent?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Rows of runs that are read at most: the newest. */
const MAX_RUN_ROWS = 20_000;

/** @throws cost_time_invalid */
export async function costReport(
  query: ReportQuery,
  { store, workspaceId, clock }: { store: CostStore; workspaceId: string; clock: Clock },
): Promise<Omit<CostReport, 'complete'>> {
  const nowMs = clock.nowMs();
  const today = dayOf(nowMs);
  const until = query.until === undefined ? today : dayFrom('until', { text: query.until, nowMs });
  const since =
    query.since === undefined
      ? `${until.slice(0, 7)}-01`
      : dayFrom('since', { text: query.since, nowMs });
  if (since > until)
    throw costErrors.cost_time_invalid(`since (${since}) is after until (${until}).`);
  const range = { workspaceId, since, until, ...(query.agent && { agent: query.agent }) };
  const days = (await store.days(range)).map((row): CostRunRow => ({ ...row, run: '' }));
  const rows = query.by === 'run' ? await store.runs({ ...range, limit: MAX_RUN_ROWS }) : days;
  const groups = groupRows(rows, query.by);
  return {
    ...{ by: query.by, since, until, currency: CURRENCY },
    rows: groups.slice(0, MAX_COST_ROWS),
    totals: sumsResource(days.reduce<CostSums | undefined>(addSums, undefined)),
    truncated: groups.length > MAX_COST_ROWS || rows.length >= MAX_RUN_ROWS,
  };
}

function groupRows(rows: readonly CostRunRow[], by: CostBy): CostRow[] {
  const groups = new Map<string, { first: CostRunRow; sums: CostSums }>();
  for (const row of rows) {
    const key = by === 'model' ? `${row.provider} ${row.model}` : row[by];
    const group = groups.get(key);
    groups.set(key, { first: group?.first ?? row, sums: addSums(group?.sums, row) });
  }
  const shown = [...groups.values()].map(({ first, sums }) => ({
    key: first[by],
    ...(by === 'model' && { provider: first.provider }),
    ...(by === 'run' && { agent: first.agent }),
    ...sumsResource(sums),
    day: first.day,
  }));
  const newest = by === 'day' || by === 'run';
  return shown
    .sort((a, b) => {
      if (newest && a.day !== b.day) return a.day < b.day ? 1 : -1;
      return new Big(b.amount).cmp(a.amount) || b.calls - a.calls || (a.key < b.key ? -1 : 1);
    })
    .map(({ day: _day, ...row }) => row);
}

function sumsResource(sums: CostSums | undefined): CostSumsResource {
  return {
    calls: sums?.calls ?? 0,
    tokens: {
      input: sums?.inputTokens ?? 0,
      output: sums?.outputTokens ?? 0,
      cacheRead: sums?.cacheReadTokens ?? 0,
      cacheWrite: sums?.cacheWriteTokens ?? 0,
      reasoning: sums?.reasoningTokens ?? 0,
    },
    amount: sums?.amount ?? '0',
    unpriced: sums?.unpriced ?? 0,
    usageMissing: sums?.usageMissing ?? 0,
  };
}

/** A day, the day of a time, or of a duration back from now. */
function dayFrom(
  name: 'since' | 'until',
  { text, nowMs }: { text: string; nowMs: number },
): string {
  const backMs = parseDuration(text);
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const ms = backMs === undefined ? Date.parse(date) : nowMs - backMs;
  const isTime = backMs !== undefined || /^\d{4}-\d\d-\d\d(T.*)?$/.test(text);
  if (isTime && Math.abs(ms) < 8e15) {
    const day = dayOf(ms);
    if (backMs !== undefined || text.length > 10 || day === text) return day;
  }
  throw costErrors.cost_time_invalid(
    `${name}: ${JSON.stringify(text)} is neither a day, a time, nor a duration back from now.`,
  );
}
