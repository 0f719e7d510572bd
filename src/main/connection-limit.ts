/**
 * How many connections callers may hold. A process without a descriptor left can write no log and
 * probe no machine, so whoever reaches the port could have healthy machines replaced.
 */
import { readFileSync } from 'node:fs';

/** A call has two connections; logs, index, machines and builds have the rest. */
const SHARE = 1 / 3;
const LEAST = 32;
const MOST = 100_000;

/** @param limits as /proc/PID/limits has them */
export function connectionLimit(limits = readFileSync('/proc/self/limits', 'utf8')): number {
  const files = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  const known = files === undefined || files === 'unlimited' ? MOST : Number(files) * SHARE;
  return Math.min(MOST, Math.max(LEAST, Math.floor(known)));
}
