import type { BenchContext } from '../bench.ts';
import { type LoadOptions, type LoadResult, load } from '../load.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly requestBytes: Buffer;
}

export interface Comparison {
  /** `gateway.get.32`: what the measurements are named by. */
  readonly name: string;
  readonly direct: Endpoint;
  readonly gateway: Endpoint;
  readonly load: Pick<LoadOptions, 'connections' | 'calls' | 'warmUp' | 'timeoutMs'> & {
    readonly ratePerSecond?: number;
  };
  readonly rounds: number;
  readonly targets?: { readonly p50Ms: number; readonly p99Ms: number };
  readonly note: string;
}

/**
 * Direct and through the gateway in turn, `rounds` times, so that what disturbs the machine
 * disturbs both. Reports what the gateway adds in each round, and both throughputs.
 */
export async function compare(context: BenchContext, comparison: Comparison): Promise<void> {
  const { name, rounds, note, targets } = comparison;
  const results: { direct: LoadResult; gateway: LoadResult }[] = [];
  for (let round = 0; round < rounds; round++) {
    context.signal.throwIfAborted();
    // Every other round begins with the gateway, so that neither always comes second.
    const order =
      round % 2 === 0 ? (['direct', 'gateway'] as const) : (['gateway', 'direct'] as const);
    const result: Partial<Record<'direct' | 'gateway', LoadResult>> = {};
    for (const way of order) result[way] = await load({ ...comparison[way], ...comparison.load });
    const { direct, gateway } = result;
    if (direct === undefined || gateway === undefined) throw new Error('a way was not measured');
    results.push({ direct, gateway });
  }
  const failures = results.reduce((sum, r) => sum + r.direct.failures + r.gateway.failures, 0);
  if (failures > 0) throw new Error(`${name}: ${failures} calls were not answered with 2xx`);
  const ms = (pick: (r: { direct: LoadResult; gateway: LoadResult }) => number) =>
    results.map(pick);
  context.report({
    ...{ name: `${name}.added_p50`, unit: 'ms', note },
    values: ms((r) => r.gateway.p50Ms - r.direct.p50Ms),
    ...(targets && { target: { atMost: targets.p50Ms } }),
  });
  context.report({
    ...{ name: `${name}.added_p99`, unit: 'ms', note },
    values: ms((r) => r.gateway.p99Ms - r.direct.p99Ms),
    ...(targets && { target: { atMost: targets.p99Ms } }),
  });
  for (const way of ['direct', 'gateway'] as const) {
    context.report({ name: `${name}.${way}_p50`, unit: 'ms', values: ms((r) => r[way].p50Ms) });
    context.report({ name: `${name}.${way}_p99`, unit: 'ms', values: ms((r) => r[way].p99Ms) });
    context.report({
      ...{ name: `${name}.${way}_throughput`, unit: 'calls/s' },
      values: ms((r) => r[way].callsPerSecond),
    });
  }
}
