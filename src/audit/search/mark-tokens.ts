/**
 * Facts as words of the full-text index, so that "agent x, failed, containing y" is one
 * intersection of sorted lists. They begin with a control sign that folded text never has.
 */

/** Of an agent, tool, kind, … by its number in the table of names. */
export function nameMark(nameId: number): string {
  return `\u0080${nameId.toString(36)}`;
}

/** Numbers of statuses in the index. `open` has no mark: marks are never taken back. */
export const STATUS_NUMBERS = { open: 0, ok: 1, error: 2, refused: 3, unknown: 4 } as const;

export function statusMark(status: number): string {
  return `\u0081s${status}`;
}

export function idMark(hash: IdHash): string {
  return `\u0081i${hash.high.toString(36)}x${hash.low.toString(36)}`;
}

export function runMark(hash: IdHash): string {
  return `\u0081r${hash.high.toString(36)}x${hash.low.toString(36)}`;
}

const MAX_COST_BUCKET = 53;

/** @param nanos cost in 1e-9 units */
export function costMark(nanos: number): string {
  return `\u0081c${costBucket(nanos)}`;
}

/** Marks of every cost that may be as high as that. */
export function costMarksFrom(nanos: number): string[] {
  const marks: string[] = [];
  for (let bucket = costBucket(nanos); bucket <= MAX_COST_BUCKET; bucket++)
    marks.push(`\u0081c${bucket}`);
  return marks;
}

/** Powers of two; 0 for nothing. */
function costBucket(nanos: number): number {
  return nanos < 1 ? 0 : Math.min(MAX_COST_BUCKET, 1 + Math.floor(Math.log2(nanos)));
}

/** Decimal text as whole 1e-9 units, the rest cut off; at most 2^53 - 1. */
export function nanosOf(amount: string): number {
  const point = amount.indexOf('.');
  if (point === -1) return Math.min(Number(amount) * 1e9, Number.MAX_SAFE_INTEGER);
  const fraction = amount.slice(point + 1, point + 10);
  const nanos =
    Number(amount.slice(0, point)) * 1e9 + Number(fraction) * 10 ** (9 - fraction.length);
  return Math.min(nanos, Number.MAX_SAFE_INTEGER);
}

/** Two independent numbers of 32 bits. */
export interface IdHash {
  readonly high: number;
  readonly low: number;
}

/**
 * 64 bits of an id, quickly; seeded per index, so that nobody outside can prepare ids that
 * collide. Mixing as in MurmurHash3 (A. Appleby). What it finds is compared with the id itself.
 */
export function hashId(id: string, seed: number): IdHash {
  let high = seed ^ 0xdeadbeef;
  let low = seed ^ 0x41c6ce57;
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return { high: high >>> 0, low: low >>> 0 };
}
