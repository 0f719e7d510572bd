/** Says once for each budget and period that a threshold is reached, or that a call was refused. */
import Big from 'big.js';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { BudgetRow } from '../../store/store.ts';
import { costEvents } from '../events.ts';
import { budgetState, type Needed } from './budget-state.ts';
import { type Counter, type Place, periodName } from './totals.ts';

interface Told {
  threshold: number;
  exhausted: boolean;
}

const MAX_TOLD = 20_000;
const HUNDRED = new Big(100);

export class BudgetWatch {
  readonly #trail: Pick<Trail, 'note'>;
  readonly #told = new Map<string, Told>();

  constructor(trail: Pick<Trail, 'note'>) {
    this.#trail = trail;
  }

  /** What is spent when a budget is first seen in a period has been told: by an earlier swarmd. */
  seen(budget: BudgetRow, at: { counter: Counter; place: Place }): void {
    this.#entry(budget, at);
  }

  /** A budget was changed: what it says now is told anew. */
  changed(budget: Pick<BudgetRow, 'name'>): void {
    for (const key of this.#told.keys())
      if (key.startsWith(`${budget.name} `)) this.#told.delete(key);
  }

  /** After something was spent. `anew`: also what was reached before it. */
  spent(budget: BudgetRow, at: { counter: Counter; place: Place; anew?: true }): void {
    const told = at.anew ? this.#fresh(budget, at.place) : this.#entry(budget, at);
    const percent = percentOf(budget, at.counter);
    const { spent, limit, unit } = budgetState(budget, at.counter);
    for (const threshold of budget.thresholds.toSorted((a, b) => a - b)) {
      if (threshold <= told.threshold || percent.lt(threshold)) continue;
      told.threshold = threshold;
      const { period, ...facts } = factsOf(budget, at.place);
      this.#trail.note({
        kind: costEvents['budget.threshold'],
        ...facts,
        attributes: { budget: budget.name, period, threshold, spent, limit, unit },
      });
    }
  }

  refused(budget: BudgetRow, at: { counter: Counter; place: Place; needed: Needed }): void {
    const told = this.#entry(budget, at);
    if (told.exhausted) return;
    told.exhausted = true;
    const { spent, reserved, limit, unit } = budgetState(budget, at.counter);
    const { period, ...facts } = factsOf(budget, at.place);
    const needed = unit === 'tokens' ? String(at.needed.tokens) : at.needed.money.toFixed();
    this.#trail.note({
      kind: costEvents['budget.exhausted'],
      status: 'refused',
      ...facts,
      attributes: { budget: budget.name, period, spent, reserved, needed, limit, unit },
    });
  }

  #entry(budget: BudgetRow, at: { counter: Counter; place: Place }): Told {
    const known = this.#told.get(keyOf(budget, at.place));
    if (known !== undefined) return known;
    const percent = percentOf(budget, at.counter);
    const threshold = Math.max(0, ...budget.thresholds.filter((one) => percent.gte(one)));
    return this.#keep(budget, at.place, { threshold, exhausted: percent.gte(HUNDRED) });
  }

  #fresh(budget: BudgetRow, place: Place): Told {
    return this.#keep(budget, place, { threshold: 0, exhausted: false });
  }

  #keep(budget: BudgetRow, place: Place, told: Told): Told {
    this.#told.set(keyOf(budget, place), told);
    if (this.#told.size > MAX_TOLD) {
      const [oldest] = this.#told.keys();
      if (oldest !== undefined) this.#told.delete(oldest);
    }
    return told;
  }
}

function keyOf(budget: BudgetRow, place: Place): string {
  return `${budget.name} ${periodName(budget.period, place)}`;
}

function percentOf(budget: BudgetRow, counter: Counter): Big {
  const { spent, limit } = budgetState(budget, counter);
  return new Big(spent).times(HUNDRED).div(limit);
}

function factsOf(budget: BudgetRow, place: Place) {
  const agent = budget.agent ?? undefined;
  const run = budget.period === 'run' ? place.run : undefined;
  return {
    actor: serviceEventActor('cost'),
    period: periodName(budget.period, place),
    ...(agent !== undefined && { agent }),
    ...(run !== undefined && { run }),
  };
}
