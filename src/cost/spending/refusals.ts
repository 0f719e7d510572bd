/** Refusals in words: which budget or limit, what it says, and when to try again. Pure. */
import type { MeteredRequest, Spending, SpendRefusal } from '../../contracts/egress.ts';
import type { BudgetRow, PauseRow } from '../../store/store.ts';
import { budgetState, type Needed } from './budget-state.ts';
import { type Counter, type Place, periodEndMs, periodName } from './totals.ts';

const STILL_ADDING_SECONDS = 2;

export function paused({ agent, reason }: PauseRow): SpendRefusal {
  const why = reason === '' ? '' : `: ${reason}`;
  return {
    code: 'agent_paused',
    message: `Agent "${agent}" is paused${why}. Resume it with: swarm agents resume ${agent}`,
    details: { agent, reason },
  };
}

export function rateLimited(
  { caller, host }: Pick<Parameters<Spending['reserve']>[0], 'caller' | 'host'>,
  { perMinute, waitMs }: { perMinute: number; waitMs: number },
): SpendRefusal {
  return {
    code: 'rate_limited',
    message: `Agent "${caller.agent}" may call ${host} ${perMinute} times a minute.`,
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    details: { host, callsPerMinute: perMinute },
  };
}

export function stillAdding(budget: BudgetRow): SpendRefusal {
  return {
    code: 'budget_exhausted',
    message: `Budget "${budget.name}": what was spent before swarmd started is still being added up. Try again in ${STILL_ADDING_SECONDS} seconds.`,
    retryAfterSeconds: STILL_ADDING_SECONDS,
    details: { budget: budget.name, reason: 'still_adding' },
  };
}

export function withoutPrice(budget: BudgetRow, { model }: MeteredRequest): SpendRefusal {
  const which =
    model === undefined ? 'The call names no model' : `Model "${model.slice(0, 200)}" has no price`;
  return {
    code: 'budget_exhausted',
    message: `${which}, so budget "${budget.name}" could not be kept. Import a price for it (swarm prices import), or let such calls pass uncounted (swarm budgets set ${budget.name} … --allow-unpriced).`,
    details: { budget: budget.name, reason: 'unpriced', model: model?.slice(0, 200) ?? null },
  };
}

export function exhausted(
  budget: BudgetRow,
  at: { counter: Counter; place: Place; needed: Needed; nowMs: number },
): SpendRefusal {
  const { unit, limit, spent, reserved, left } = budgetState(budget, at.counter);
  const needed = unit === 'tokens' ? String(at.needed.tokens) : at.needed.money.toFixed();
  const period = periodName(budget.period, at.place);
  const whose = budget.agent === null ? '' : ` of agent "${budget.agent}"`;
  const endMs = periodEndMs(budget.period, at.place.day);
  const until = endMs === undefined ? '' : ` It begins anew at ${new Date(endMs).toISOString()}.`;
  return {
    code: 'budget_exhausted',
    message: `Budget "${budget.name}"${whose} for ${period}: ${spent} of ${limit} ${unit} spent, ${reserved} held for calls under way; this call may need up to ${needed}.${until}`,
    ...(endMs !== undefined && {
      retryAfterSeconds: Math.max(1, Math.ceil((endMs - at.nowMs) / 1000)),
    }),
    details: { budget: budget.name, period, unit, limit, spent, reserved, left, needed },
  };
}
