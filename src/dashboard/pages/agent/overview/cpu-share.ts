import type { MachineResource } from '../../../../contracts/resources.ts';

/** CPU time that a machine had used at a moment. */
export interface CpuSample {
  readonly cpuMs: number;
  readonly atMs: number;
}

/** Nearer together than this two samples say nothing. */
const MIN_APART_MS = 500;

/**
 * Of one CPU, between two samples: 0.5 is half of one, 2 are two whole ones. undefined: not known,
 * for instance because the machine was started anew between them.
 */
export function cpuShare(before: CpuSample | undefined, after: CpuSample): number | undefined {
  if (before === undefined) return undefined;
  const apartMs = after.atMs - before.atMs;
  const usedMs = after.cpuMs - before.cpuMs;
  return apartMs < MIN_APART_MS || usedMs < 0 ? undefined : usedMs / apartMs;
}

/** By machine. */
export function cpuSamples(
  machines: readonly MachineResource[],
  atMs: number,
): ReadonlyMap<string, CpuSample> {
  return new Map(
    machines.flatMap(({ id, usage }) =>
      usage === null ? [] : [[id, { cpuMs: usage.cpuMs, atMs }] as const],
    ),
  );
}
