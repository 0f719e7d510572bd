import { readTextIfThere } from '../../base/files.ts';

const KHZ_PER_MHZ = 1000;
const KHZ_PER_GHZ = 1_000_000;

export interface TscSources {
  readonly cpuinfo: string | undefined;
  /** kHz, by the intel_pstate driver. */
  readonly baseFrequency: string | undefined;
  /** Whether the host changes its clock; /proc/cpuinfo then shows the present speed. */
  readonly scales: boolean;
}

/**
 * The frequency of the host's time stamp counter in kHz, as well as it can be known without
 * measuring; undefined when nothing tells. Under emulation guests count time with that counter, so
 * a wrong figure makes their clock run too fast or too slow.
 */
export function tscKhzOf(sources: TscSources): number | undefined {
  const base = Number(sources.baseFrequency);
  if (Number.isFinite(base) && base > 0) return base;
  const named = /^model name\s*:.*@ ([\d.]+)GHz/m.exec(sources.cpuinfo ?? '')?.[1];
  const current = /^cpu MHz\s*:\s*([\d.]+)/m.exec(sources.cpuinfo ?? '')?.[1];
  if (current !== undefined && !sources.scales) return Math.round(Number(current) * KHZ_PER_MHZ);
  if (named !== undefined) return Math.round(Number(named) * KHZ_PER_GHZ);
  return current === undefined ? undefined : Math.round(Number(current) * KHZ_PER_MHZ);
}

/** Reads this host's; see `tscKhzOf`. */
export async function readHostTscKhz(): Promise<number | undefined> {
  const scaling = '/sys/devices/system/cpu/cpu0/cpufreq';
  const [cpuinfo, baseFrequency, governor] = await Promise.all([
    readTextIfThere('/proc/cpuinfo'),
    readTextIfThere(`${scaling}/base_frequency`),
    readTextIfThere(`${scaling}/scaling_governor`),
  ]);
  return tscKhzOf({ cpuinfo, baseFrequency, scales: governor !== undefined });
}
