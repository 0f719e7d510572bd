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

const BYTES_PER = { B: 1, KiB: 1024, Ki: 1024, KB: 1e3, ...{ MiB: 2 ** 20, Mi: 2 ** 20, MB: 1e6 } };

/** Bytes of `64KiB`, `1MiB`, `500KB`, `100B`, rounded down; undefined when it is none of them. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?(B|KiB|Ki|KB|MiB|Mi|MB)$/.exec(text);
  if (match === null) return undefined;
  return Math.floor(Number(match[1]) * BYTES_PER[match[2] as keyof typeof BYTES_PER]);
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

/** A number of bytes, or a size such as `64KiB`, up to the given bound, kept as written. */
export function byteSize({ maxBytes }: { maxBytes: number }) {
  const most = { message: `must be at most ${maxBytes} bytes` };
  return z.union([
    z.number().int().min(0).max(maxBytes),
    z
      .string()
      .regex(
        /^\d+(\.\d+)?\s?(B|KiB|Ki|KB|MiB|Mi|MB)$/,
        'must be a number of bytes, or a size such as 64KiB',
      )
      .refine((text) => (parseBytes(text) ?? 0) <= maxBytes, most),
  ]);
}
