/** What machines cost by the time they run. Pure. */
import Big from 'big.js';
import type { MachineTimeRow } from '../../store/store.ts';
import type { MachineTimePrice } from '../prices/model-price.ts';

export interface MachineSpan {
  readonly machineId: string;
  readonly agent: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cpus: number;
  readonly memoryMib: number;
}

export interface PricedSpans {
  readonly agent: string;
  readonly spans: readonly MachineSpan[];
  readonly vcpuSeconds: string;
  readonly gibSeconds: string;
  readonly amount: string;
}

/** So that an event stays far below the size that an entry may have. */
const MAX_SPANS = 200;
/** As many as an event keeps. */
const DECIMALS = 18;

/** The time of each machine that is not priced yet; `upToMs` says what an event has already told. */
export function unpricedSpans(
  rows: readonly MachineTimeRow[],
  at: { nowMs: number; sinceMs: number; upToMs: ReadonlyMap<string, number> },
): readonly MachineSpan[] {
  return rows.flatMap((row): MachineSpan[] => {
    const known = Math.max(row.upToMs ?? 0, at.upToMs.get(row.machineId) ?? 0);
    const fromMs = Math.max(row.startedAtMs, known, at.sinceMs);
    const toMs = row.endedAtMs ?? at.nowMs;
    const size = sizeOf(row.config);
    if (toMs <= fromMs || size === undefined) return [];
    return [{ machineId: row.machineId, agent: row.agent, fromMs, toMs, ...size }];
  });
}

/** By agent. */
export function priceSpans(
  spans: readonly MachineSpan[],
  price: MachineTimePrice,
): readonly PricedSpans[] {
  const byAgent = Map.groupBy(spans, ({ agent }) => agent);
  return [...byAgent].flatMap(([agent, all]) => {
    const parts: PricedSpans[] = [];
    for (let first = 0; first < all.length; first += MAX_SPANS)
      parts.push(priced(agent, { spans: all.slice(first, first + MAX_SPANS), price }));
    return parts;
  });
}

function priced(
  agent: string,
  { spans, price }: { spans: readonly MachineSpan[]; price: MachineTimePrice },
): PricedSpans {
  let [vcpu, gib] = [new Big(0), new Big(0)];
  for (const { fromMs, toMs, cpus, memoryMib } of spans) {
    const seconds = new Big(toMs - fromMs).times('0.001');
    vcpu = vcpu.plus(seconds.times(cpus));
    // 1/1024, exactly.
    gib = gib.plus(seconds.times(memoryMib).times('0.0009765625'));
  }
  const amount = vcpu.times(price.vcpuSecond).plus(gib.times(price.gibSecond));
  return {
    ...{ agent, spans },
    vcpuSeconds: vcpu.toFixed(),
    gibSeconds: gib.toFixed(),
    amount: amount.round(DECIMALS, Big.roundHalfUp).toFixed(),
  };
}

function sizeOf(config: string): { cpus: number; memoryMib: number } | undefined {
  const { resources } = JSON.parse(config) as {
    resources?: { cpus?: unknown; memoryMib?: unknown };
  };
  const { cpus, memoryMib } = resources ?? {};
  return typeof cpus === 'number' && typeof memoryMib === 'number'
    ? { cpus, memoryMib }
    : undefined;
}
