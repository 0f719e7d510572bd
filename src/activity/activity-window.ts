/** What one agent did in the last hour, by minute, and today. Pure: whoever calls brings the time. */
import { OUTCOME_SLOT_MS, type OutcomeGroup, type OutcomeSums } from '../contracts/outcome.ts';
import { OVERVIEW_MINUTES } from '../contracts/overview.ts';
import {
  addDuration,
  type LatencyHistogram,
  quantilesMs,
  takeHistogram,
} from './latency-histogram.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SLOTS_A_MINUTE = MINUTE_MS / OUTCOME_SLOT_MS;

interface Counts {
  calls: number;
  errors: number;
  refused: number;
}
interface Minute extends Counts {
  readonly durations: LatencyHistogram;
  /** Once it was asked for, until more is added. */
  p95Ms: number | undefined;
}
const NOTHING: Readonly<Counts> = { calls: 0, errors: 0, refused: 0 };

/** Without costs, which are kept elsewhere. */
export interface WindowFigures {
  readonly callsToday: number;
  readonly errorsToday: number;
  readonly refusedToday: number;
  readonly callsPerMinute: number;
  readonly errorRate: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly series: {
    calls: number[];
    errors: number[];
    refused: number[];
    p95Ms: number[];
  };
}
type HourFigures = Pick<WindowFigures, 'errorRate' | 'p50Ms' | 'p95Ms' | 'series'>;

export class ActivityWindow {
  /** By number since 1970; those of more than an hour ago are dropped. */
  readonly #minutes = new Map<number, Minute>();
  /** Of all those minutes. */
  readonly #hourDurations: LatencyHistogram = new Map();
  /** Calls by slot, of the last minute. */
  readonly #slots = new Map<number, number>();
  #day = 0;
  #today: Counts = { ...NOTHING };
  #hour: { readonly minute: number; readonly figures: HourFigures } | undefined;

  add(group: Omit<OutcomeGroup, 'agent'>, nowMs: number): void {
    const ms = group.slot * OUTCOME_SLOT_MS;
    this.addDay(group, { dayStartMs: ms });
    this.#drop(nowMs);
    const number = Math.floor(ms / MINUTE_MS);
    if (number <= Math.floor(nowMs / MINUTE_MS) - OVERVIEW_MINUTES) return;
    let minute = this.#minutes.get(number);
    if (minute === undefined) {
      minute = { ...NOTHING, durations: new Map(), p95Ms: undefined };
      this.#minutes.set(number, minute);
    }
    addCounts(minute, group);
    minute.p95Ms = undefined;
    this.#hour = undefined;
    for (const durationMs of group.durationsMs) {
      addDuration(minute.durations, durationMs);
      addDuration(this.#hourDurations, durationMs);
    }
    if (group.calls > 0)
      this.#slots.set(group.slot, (this.#slots.get(group.slot) ?? 0) + group.calls);
  }

  /** @param at any time of the day that they ended in */
  addDay(sums: Omit<OutcomeSums, 'agent'>, { dayStartMs }: { readonly dayStartMs: number }): void {
    const day = Math.floor(dayStartMs / DAY_MS);
    if (day < this.#day) return;
    if (day > this.#day) {
      this.#day = day;
      this.#today = { ...NOTHING };
    }
    addCounts(this.#today, sums);
  }

  show(nowMs: number): WindowFigures {
    const isToday = this.#day === Math.floor(nowMs / DAY_MS);
    const today = isToday ? this.#today : NOTHING;
    return {
      callsToday: today.calls,
      errorsToday: today.errors,
      refusedToday: today.refused,
      callsPerMinute: this.#lastMinute(nowMs),
      ...this.#lastHour(nowMs),
    };
  }

  /** Made anew when something was added or a minute has passed: most agents are quiet. */
  #lastHour(nowMs: number): HourFigures {
    const last = Math.floor(nowMs / MINUTE_MS);
    if (this.#hour?.minute === last) return this.#hour.figures;
    this.#drop(nowMs);
    const series = newSeries();
    let [calls, errors] = [0, 0];
    for (const [number, minute] of this.#minutes) {
      const at = OVERVIEW_MINUTES - 1 - (last - number);
      if (at < 0 || at >= OVERVIEW_MINUTES) continue;
      calls += minute.calls;
      errors += minute.errors;
      series.calls[at] = minute.calls;
      series.errors[at] = minute.errors;
      series.refused[at] = minute.refused;
      minute.p95Ms ??= rounded(quantilesMs(minute.durations, [0.95])[0] ?? null) ?? 0;
      series.p95Ms[at] = minute.p95Ms;
    }
    const [p50Ms = null, p95Ms = null] = quantilesMs(this.#hourDurations, [0.5, 0.95]).map(rounded);
    const errorRate = calls === 0 ? null : errors / calls;
    this.#hour = { minute: last, figures: { errorRate, p50Ms, p95Ms, series } };
    return this.#hour.figures;
  }

  #lastMinute(nowMs: number): number {
    const slot = Math.floor(nowMs / OUTCOME_SLOT_MS);
    let sum = 0;
    for (const [number, calls] of this.#slots)
      if (number > slot - SLOTS_A_MINUTE && number <= slot) sum += calls;
    return sum;
  }

  #drop(nowMs: number): void {
    const firstMinute = Math.floor(nowMs / MINUTE_MS) - OVERVIEW_MINUTES + 1;
    for (const [number, { durations }] of this.#minutes)
      if (number < firstMinute) {
        this.#minutes.delete(number);
        takeHistogram(this.#hourDurations, durations);
      }
    const firstSlot = Math.floor(nowMs / OUTCOME_SLOT_MS) - SLOTS_A_MINUTE + 1;
    for (const number of this.#slots.keys()) if (number < firstSlot) this.#slots.delete(number);
  }
}

function newSeries(): WindowFigures['series'] {
  const zeros = () => new Array<number>(OVERVIEW_MINUTES).fill(0);
  return { calls: zeros(), errors: zeros(), refused: zeros(), p95Ms: zeros() };
}

function addCounts(counts: Counts, sums: Omit<OutcomeSums, 'agent'>): void {
  counts.calls += sums.calls;
  counts.errors += sums.errors;
  counts.refused += sums.refusedIn + sums.refusedOut;
}

/** Three digits: more would say more than is known. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toPrecision(3));
}
