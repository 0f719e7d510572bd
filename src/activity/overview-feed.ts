/** The overview: made at most once a second however many read it, and written as text once. */
import { type Clock, isoTime } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Activity, Overview } from '../contracts/overview.ts';
import { ActivityWindow, type WindowFigures } from './activity-window.ts';
import type { Figures } from './figures.ts';
import type { CostFigures } from './ports.ts';

/** Between two overviews; one with very many agents is sent less often. */
const LEAST_INTERVAL_MS = 1_000;
const CHARACTERS_PER_MS = 100;
/** Figures of "the last minute" change also when nothing happens. */
const SLOW_INTERVAL_MS = 5_000;
/** Sums of costs are read from the store. */
const COSTS_HOLD_MS = 2_000;

export interface OverviewFeedOptions {
  readonly clock: Clock;
  readonly log: Logger;
  figures(): { readonly figures: Figures; readonly complete: boolean };
  costs(): Promise<CostFigures>;
}

const NO_COSTS: CostFigures = {
  totals: { today: '0', thisMonth: '0' },
  agents: new Map(),
  complete: false,
};

export class OverviewFeed {
  readonly #options: OverviewFeedOptions;
  readonly #readers = new Set<() => void>();
  #costs = NO_COSTS;
  #costsAtMs = Number.NEGATIVE_INFINITY;
  #shown: { readonly version: number; readonly text: string } | undefined;
  #compared = '';
  #madeAtMs = Number.NEGATIVE_INFINITY;
  #timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | undefined;

  constructor(options: OverviewFeedOptions) {
    this.#options = options;
  }

  async overview(): Promise<Overview> {
    await this.#readCosts();
    return this.#make();
  }

  /** The message's text; the same version has the same text. */
  async current(): Promise<{ readonly version: number; readonly text: string }> {
    return this.#shown ?? this.#publish();
  }

  /** The one that was made last. */
  get latest(): { readonly version: number; readonly text: string } | undefined {
    return this.#shown;
  }

  /** @param wake is called when there is a newer one. @returns the unsubscribe function */
  subscribe(wake: () => void): () => void {
    this.#readers.add(wake);
    this.changed();
    return () => {
      this.#readers.delete(wake);
      if (this.#readers.size > 0) return;
      this.#stopTimer();
      // Whoever comes next gets one that is new.
      this.#shown = undefined;
    };
  }

  /** Something happened: the next overview is due as soon as it may be. */
  changed(): void {
    const length = this.#shown?.text.length ?? 0;
    this.#schedule(Math.max(LEAST_INTERVAL_MS, length / CHARACTERS_PER_MS));
  }

  close(): void {
    this.#readers.clear();
    this.#stopTimer();
  }

  #schedule(afterLastMs: number): void {
    if (this.#readers.size === 0) return;
    const nowMs = performance.now();
    const atMs = Math.max(nowMs, this.#madeAtMs + afterLastMs);
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#stopTimer();
    const handle = setTimeout(() => void this.#tick(), atMs - nowMs).unref();
    this.#timer = { handle, atMs };
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    const before = this.#shown?.version;
    try {
      const { version } = await this.#publish();
      if (version !== before) for (const wake of this.#readers) wake();
    } catch (error) {
      this.#options.log.warn({ error: describeError(error) }, 'the overview could not be made');
    }
    this.#schedule(SLOW_INTERVAL_MS);
  }

  async #publish(): Promise<{ readonly version: number; readonly text: string }> {
    this.#madeAtMs = performance.now();
    await this.#readCosts();
    const overview = this.#make();
    const compared = JSON.stringify({ ...overview, asOf: '' });
    if (this.#shown !== undefined && compared === this.#compared) return this.#shown;
    this.#compared = compared;
    const version = (this.#shown?.version ?? 0) + 1;
    this.#shown = { version, text: JSON.stringify({ type: 'overview', overview }) };
    return this.#shown;
  }

  async #readCosts(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#costsAtMs < COSTS_HOLD_MS) return;
    this.#costsAtMs = nowMs;
    try {
      this.#costs = await this.#options.costs();
    } catch (error) {
      this.#options.log.warn({ error: describeError(error) }, 'costs could not be read');
    }
  }

  #make(): Overview {
    const nowMs = this.#options.clock.nowMs();
    const { figures, complete } = this.#options.figures();
    const costs = this.#costs;
    const agents = new Map(figures.agents.map(({ agent, ...shown }) => [agent, shown]));
    for (const name of costs.agents.keys())
      if (!agents.has(name)) agents.set(name, new ActivityWindow().show(nowMs));
    return {
      asOf: isoTime(nowMs),
      complete: complete && costs.complete,
      totals: withCosts(figures.totals, costs.totals),
      agents: [...agents]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([agent, shown]) => ({ agent, ...withCosts(shown, costs.agents.get(agent)) })),
      failures: [...figures.failures],
      refusals: [...figures.refusals],
    };
  }

  #stopTimer(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }
}

function withCosts(shown: WindowFigures, costs = NO_COSTS.totals): Activity {
  return { ...shown, costToday: costs.today, costThisMonth: costs.thisMonth };
}
