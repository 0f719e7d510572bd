/**
 * A number that says whether two events have the same content, whatever the order of their names:
 * 53 bits of a keyed, non-cryptographic hash (two rounds of the mixing step of MurmurHash3). Whoever
 * makes two events collide only makes a repeat of an event of their own pass unnoticed.
 */
import { randomBytes } from 'node:crypto';

const seed = randomBytes(8);
const SEED_A = seed.readUInt32LE(0);
const SEED_B = seed.readUInt32LE(4);

/** State of one hash; module-wide because this runs for every event and never interleaves. */
let a = 0;
let b = 0;

export function fingerprint(value: unknown): number {
  a = SEED_A;
  b = SEED_B;
  addValue(value);
  return (a & 0x1f_ffff) * 2 ** 32 + (b >>> 0);
}

function add(word: number): void {
  a = Math.imul(a ^ word, 0x85eb_ca6b);
  a ^= a >>> 13;
  b = Math.imul(b ^ word, 0xc2b2_ae35);
  b = ((b ^ (b >>> 16)) + a) | 0;
}

function addText(text: string): void {
  // Locals, because module variables are loaded and stored each time.
  let first = a;
  let second = b;
  for (let i = 0; i < text.length; i++) {
    const word = text.charCodeAt(i);
    first = Math.imul(first ^ word, 0x85eb_ca6b);
    first ^= first >>> 13;
    second = (Math.imul(second ^ word, 0xc2b2_ae35) + first) | 0;
  }
  a = first;
  b = second;
  add(text.length);
}

function addValue(value: unknown): void {
  if (typeof value === 'string') {
    add(1);
    addText(value);
  } else if (typeof value === 'number') {
    add(2);
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) add(value | 0);
    else addText(String(value));
  } else if (value === null || value === undefined) add(3);
  else if (typeof value === 'boolean') add(value ? 5 : 4);
  else if (Array.isArray(value)) {
    add(6);
    add(value.length);
    for (const item of value) addValue(item);
  } else addObject(value as Record<string, unknown>);
}

/** Members are added up, so that their order does not matter; absent ones count for nothing. */
function addObject(value: Record<string, unknown>): void {
  const [beforeA, beforeB] = [a, b];
  let sumA = 0;
  let sumB = 0;
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    beginMember(key);
    addValue(member);
    sumA = (sumA + a) | 0;
    sumB = (sumB + b) | 0;
  }
  a = beforeA;
  b = beforeB;
  add(7);
  add(sumA);
  add(sumB);
}

/** Names repeat: what follows from one is remembered. */
const names = new Map<string, readonly [number, number]>();
const MAX_NAMES = 2_000;

function beginMember(name: string): void {
  const known = names.get(name);
  if (known !== undefined) {
    [a, b] = known;
    return;
  }
  a = SEED_B;
  b = SEED_A;
  addText(name);
  if (names.size < MAX_NAMES) names.set(name, [a, b]);
}
