/** What one event adds to the sums. Pure, so that the same log gives the same sums. */
import Big from 'big.js';
import { CURRENCY } from '../../contracts/cost.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { CostRunRow, CostSums } from '../../store/store.ts';

/** The kind that the egress proxy tells calls with. */
export const CALL_KIND = 'egress.call';
export const MACHINE_TIME_KIND = 'cost.machine_time';
/** Under which machine time stands in the sums. */
const MACHINE_TIME = { provider: 'swarm', model: 'machine-time' } as const;

/** Budgets leave it out: refusing calls would not stop it. */
export function isMachineTime({
  provider,
  model,
}: Pick<CostRunRow, 'provider' | 'model'>): boolean {
  return provider === MACHINE_TIME.provider && model === MACHINE_TIME.model;
}

const NONE: CostSums = {
  ...{ calls: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  ...{ reasoningTokens: 0, amount: '0', unpriced: 0, usageMissing: 0 },
};

/** Undefined: it says nothing of costs: not ended yet, or refused before it went out. */
export function ledgerEntry(event: EventResource): CostRunRow | undefined {
  if (event.status === 'open' || event.status === 'refused') return undefined;
  const day = event.time.slice(0, 10);
  const agent = event.agent ?? '';
  const cost = event.cost?.currency === CURRENCY ? event.cost.amount : '0';
  const amount = new Big(cost).toFixed();
  if (event.kind === MACHINE_TIME_KIND)
    return { ...NONE, ...MACHINE_TIME, day, agent, run: '', tool: '', amount };
  if (event.kind !== CALL_KIND) return undefined;
  const { model = '', tool = '', tokens = {}, attributes = {} } = event;
  // A crash left nobody to say what a call to a model used.
  const unknown = event.status === 'unknown' && model !== '';
  return {
    ...{ day, agent, run: event.run ?? '', model, tool, amount },
    // Hosts of plain calls can be any number: they are in the log, not in the sums.
    provider: model === '' && tool === '' ? '' : (event.provider ?? ''),
    calls: 1,
    inputTokens: tokens.input ?? 0,
    outputTokens: tokens.output ?? 0,
    cacheReadTokens: tokens.cacheRead ?? 0,
    cacheWriteTokens: tokens.cacheWrite ?? 0,
    reasoningTokens: tokens.reasoning ?? 0,
    unpriced: attributes.unpriced === true ? 1 : 0,
    usageMissing: attributes.usageMissing === true || unknown ? 1 : 0,
  };
}

const COUNTS = [
  'calls',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'unpriced',
  'usageMissing',
] as const;

/** Exact, but that a sum of tokens that upstreams made up ends at what a number can hold. */
export function addSums(one: CostSums | undefined, other: CostSums): CostSums {
  const first = one ?? NONE;
  const counts = Object.fromEntries(
    COUNTS.map((name) => [name, Math.min(Number.MAX_SAFE_INTEGER, first[name] + other[name])]),
  ) as Record<(typeof COUNTS)[number], number>;
  return { ...counts, amount: new Big(first.amount).plus(other.amount).toFixed() };
}

export function tokensOf(sums: CostSums): number {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = sums;
  const all = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens + reasoningTokens;
  return Math.min(all, Number.MAX_SAFE_INTEGER);
}
