/** Numbers with units as people write them in agent.yaml: `30s`, `512MiB`. */
import { z } from 'zod';

const MS_PER = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MIB_PER = {
  MiB: 1,
  GiB: 1024,
  Mi: 1,
  Gi: 1024,
  MB: 1e6 / 2 ** 20,
  GB: 1e9 / 2 ** 20,
} as const;

/** Milliseconds of `1500ms`, `30s`, `5m`, `1h`, `7d`, `1m30s`; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    ms += Number(count) * MS_PER[unit as keyof typeof MS_PER];
  return Math.round(ms);
}

/** Mebibytes of `512MiB`, `1GiB`, `512Mi`, `500MB`, rounded up; undefined when it is none of them. */
export function parseMib(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?(MiB|GiB|Mi|Gi|MB|GB)$/.exec(text);
  if (match === null) return undefined;
  return Math.ceil(Number(match[1]) * MIB_PER[match[2] as keyof typeof MIB_PER]);
}

/** A duration between the given bounds, kept as written; `durationMs` reads it. */
export function duration(bounds: { minMs: number; maxMs: number }) {
  return z
    .string()
    .regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/, 'must be a duration such as 500ms, 30s, 5m or 1h')
    .refine(
      (text) => {
        const ms = parseDuration(text);
        return ms === undefined || (ms >= bounds.minMs && ms <= bounds.maxMs);
      },
      { message: `must lie between ${bounds.minMs} ms and ${bounds.maxMs} ms` },
    );
}

/** A size between the given bounds, kept as written. */
export function size(bounds: { minMib: number; maxMib: number }) {
  return z
    .string()
    .regex(/^\d+(\.\d+)?\s?(MiB|GiB|Mi|Gi|MB|GB)$/, 'must be a size such as 512MiB or 2GiB')
    .refine(
      (text) => {
        const mib = parseMib(text);
        return mib === undefined || (mib >= bounds.minMib && mib <= bounds.maxMib);
      },
      { message: `must lie between ${bounds.minMib} MiB and ${bounds.maxMib} MiB` },
    );
}
