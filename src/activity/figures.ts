/** Figures of all agents and in total, from how calls ended. Pure: whoever calls brings the time. */
import type { EventResource } from '../contracts/event.ts';
import type { OutcomePage, OutcomeSums } from '../contracts/outcome.ts';
import { ActivityWindow, type WindowFigures } from './activity-window.ts';
import { NewestEvents } from './newest-events.ts';

/** A busy agent's window has some ten kilobytes. Of further agents only the total is known. */
const MAX_AGENTS = 1_000;

export interface Figures {
  readonly totals: WindowFigures;
  /** By name. */
  readonly agents: readonly (WindowFigures & { readonly agent: string })[];
  readonly failures: readonly EventResource[];
  readonly refusals: readonly EventResource[];
}

export class ActivityFigures {
  readonly #total = new ActivityWindow();
  /** In the order of last use. */
  readonly #agents = new Map<string, ActivityWindow>();
  readonly #failures = new NewestEvents();
  readonly #refusals = new NewestEvents();

  take(page: OutcomePage, nowMs: number): void {
    if (page.type === 'day')
      for (const sums of page.sums) {
        this.#total.addDay(sums, page);
        this.#window(sums)?.addDay(sums, page);
      }
    else {
      for (const group of page.groups) {
        this.#total.add(group, nowMs);
        this.#window(group)?.add(group, nowMs);
      }
      this.#failures.add(page.failures);
      this.#refusals.add(page.refusals);
    }
  }

  show(nowMs: number): Figures {
    const agents = [...this.#agents]
      .map(([agent, window]) => ({ agent, ...window.show(nowMs) }))
      .filter(isActive)
      .sort((a, b) => (a.agent < b.agent ? -1 : 1));
    return {
      totals: this.#total.show(nowMs),
      agents,
      failures: this.#failures.list(),
      refusals: this.#refusals.list(),
    };
  }

  /** Names that only refused callers gave may be made up: they get no window. */
  #window(sums: OutcomeSums): ActivityWindow | undefined {
    const { agent } = sums;
    if (agent === undefined) return undefined;
    const known = this.#agents.get(agent);
    if (known === undefined && sums.calls === 0 && sums.refusedOut === 0) return undefined;
    const window = known ?? new ActivityWindow();
    this.#agents.delete(agent);
    this.#agents.set(agent, window);
    const [oldest] = this.#agents.keys();
    if (this.#agents.size > MAX_AGENTS && oldest !== undefined) this.#agents.delete(oldest);
    return window;
  }
}

function isActive({ callsToday, refusedToday, series }: WindowFigures): boolean {
  return callsToday > 0 || refusedToday > 0 || series.calls.some((calls) => calls > 0);
}
