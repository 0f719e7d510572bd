/** The event that entries speak of, and in what another telling of it differs. */
import { canonicalJson } from './canonical-json.ts';
import { isObject, type JsonObject, type ProofEntry } from './proof-file.ts';

/** Of an entry alone; an event has none of them. */
const OF_ENTRIES = ['v', 'phase', 'nonce', 'intent'];
/** Who did what and when is said by the intent. */
const OF_THE_INTENT = ['seq', 'id', 'time', 'recorded', 'workspace', 'actor', 'kind'];
/** Joined by name; all else of a completion takes the place of what the intent says. */
const JOINED = ['attributes', 'bytes', 'tokens', 'payload'];

/** @returns undefined when one of its entries was erased */
export function eventOfEntries(entries: readonly ProofEntry[]): JsonObject | undefined {
  const [first, second] = entries;
  if (first?.entry === undefined) return undefined;
  const event = without(first.entry, OF_ENTRIES);
  const content = contentOf(entries);
  const withContent = content === undefined ? {} : { content };
  if (second === undefined) return { ...event, ...withContent };
  if (second.entry === undefined) return undefined;
  const facts = without(second.entry, [...OF_ENTRIES, ...OF_THE_INTENT]);
  const joint = JOINED.flatMap((name) => {
    const [before, after] = [event[name], facts[name]];
    return isObject(before) && isObject(after) ? [[name, { ...before, ...after }]] : [];
  });
  const completedSeq = second.entry.seq;
  return { ...event, ...facts, ...Object.fromEntries(joint), completedSeq, ...withContent };
}

/** null: stored, and erased since; undefined: none was stored. */
function contentOf(entries: readonly ProofEntry[]): unknown {
  const stored = entries.map(({ payload }) => payload).filter((payload) => payload !== undefined);
  const kept = stored.filter(isObject);
  if (kept.length === 0) return stored.length === 0 ? undefined : null;
  return Object.assign({}, ...kept);
}

function without(entry: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name)));
}

/** Names of the members that are not the same in both. */
export function differences(a: JsonObject, b: JsonObject): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => !isSameJson(a[name], b[name])).sort();
}

function isSameJson(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}
