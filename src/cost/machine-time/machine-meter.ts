/**
 * Prices the time of machines once a minute and at the end. What was told stands in the audit log,
 * and the ledger reads it from there: after a restart it goes on where the log ends.
 */
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { CURRENCY } from '../../contracts/cost.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { CostStore } from '../../store/store.ts';
import { costEvents } from '../events.ts';
import type { PriceLists } from '../prices/price-lists.ts';
import { type PricedSpans, priceSpans, unpricedSpans } from './machine-time.ts';

export interface MachineMeterOptions {
  readonly workspaceId: string;
  readonly store: CostStore;
  readonly trail: Pick<Trail, 'record'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly prices: Pick<PriceLists, 'machineTime'>;
  /** What an earlier swarmd told is known: before that, time would be priced twice. */
  isComplete(): boolean;
}

const EVERY_MS = 60_000;

export class MachineMeter {
  readonly #options: MachineMeterOptions;
  /** Told by this process, and perhaps not in the ledger yet. */
  readonly #upToMs = new Map<string, number>();
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MachineMeterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), EVERY_MS).unref();
  }

  /** Prices all that ran up to now. @throws audit_unavailable: what is missing is priced later */
  run(): Promise<void> {
    this.#running = this.#running.catch(() => undefined).then(() => this.#run());
    return this.#running;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tick();
  }

  #tick(): Promise<void> {
    return this.run().catch((error: unknown) => {
      this.#options.log.warn(
        { error: describeError(error) },
        'the time of machines could not be priced; it is priced later',
      );
    });
  }

  async #run(): Promise<void> {
    const { workspaceId, store, clock, prices, isComplete } = this.#options;
    const price = prices.machineTime;
    if (price === undefined || !isComplete()) return;
    const { sinceMs } = price;
    const rows = await store.machineTimes(workspaceId, sinceMs);
    const spans = unpricedSpans(rows, { nowMs: clock.nowMs(), sinceMs, upToMs: this.#upToMs });
    for (const part of priceSpans(spans, price)) await this.#tell(part, price.version);
    const present = new Set(rows.map(({ machineId }) => machineId));
    for (const machineId of this.#upToMs.keys())
      if (!present.has(machineId)) this.#upToMs.delete(machineId);
  }

  async #tell(part: PricedSpans, version: string): Promise<void> {
    const { agent, spans, vcpuSeconds, gibSeconds, amount } = part;
    await this.#options.trail.record({
      kind: costEvents['cost.machine_time'],
      actor: serviceEventActor('cost'),
      agent,
      cost: { amount, currency: CURRENCY, prices: version },
      attributes: {
        ...{ vcpuSeconds, gibSeconds },
        machines: spans.map(({ machineId, fromMs, toMs }) => [machineId, fromMs, toMs]),
      },
    });
    for (const { machineId, toMs } of spans) this.#upToMs.set(machineId, toMs);
  }
}
