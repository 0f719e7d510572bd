/** The lines of a JSON tree that are shown: those in what was opened, and never too many. */
import {
  type JsonMember,
  type JsonMembers,
  type JsonValue,
  readMembers,
  readRoot,
} from './json-reader.ts';

/** Members that are shown at once; more on demand. */
export const PAGE_MEMBERS = 100;
/** Lines that are shown at once, whatever was opened. */
export const MAX_ROWS = 2_000;
/** Opened without being asked. */
const FIRST_ROWS = 120;

export interface JsonDocument {
  readonly text: string;
  readonly root: JsonValue;
  /** The first `max` members, read once. */
  readonly members: (container: JsonValue, max: number) => JsonMembers;
}

/** Start of a value → how many of its members are shown; of a string: 1 when it is shown in full. */
export type Opened = ReadonlyMap<number, number>;

export type JsonRow =
  | {
      readonly type: 'value';
      readonly id: string;
      readonly depth: number;
      readonly key: JsonMember['key'];
      /** Its place in an array. */
      readonly index: number | undefined;
      readonly value: JsonValue;
      readonly open: boolean;
    }
  | {
      readonly type: 'more';
      readonly id: string;
      readonly depth: number;
      readonly container: JsonValue;
      readonly shown: number;
    }
  | { readonly type: 'broken'; readonly id: string; readonly depth: number; readonly at: number }
  | { readonly type: 'full'; readonly id: string; readonly depth: number };

/** Undefined when the text is no JSON, so that it is shown as text. */
export function jsonDocument(text: string): JsonDocument | undefined {
  const root = readRoot(text);
  if (root === undefined) return undefined;
  const read = new Map<number, JsonMembers>();
  const members = (container: JsonValue, max: number): JsonMembers => {
    const known = read.get(container.start);
    if (known !== undefined && (known.next === undefined || known.members.length >= max))
      return trimmed(known, max);
    const from = known?.next;
    const had = known?.members ?? [];
    const more = readMembers(text, { container, from, max: max - had.length });
    const all = { ...more, members: had.length === 0 ? more.members : [...had, ...more.members] };
    read.set(container.start, all);
    return all;
  };
  return { text, root, members };
}

function trimmed(known: JsonMembers, max: number): JsonMembers {
  if (known.members.length <= max) return known;
  const members = known.members.slice(0, max);
  return { members, next: members.at(-1)?.value.end, brokenAt: undefined };
}

export function isContainer({ kind }: JsonValue): boolean {
  return kind === 'object' || kind === 'array';
}

/** What is opened at first: from the outside inwards, while it is little. */
export function firstOpened(doc: JsonDocument): Opened {
  const opened = new Map<number, number>();
  const queue = isContainer(doc.root) ? [doc.root] : [];
  let rows = 1;
  for (let at = 0; at < queue.length; at++) {
    const container = queue[at];
    if (container === undefined) break;
    const { members, next } = doc.members(container, PAGE_MEMBERS);
    if (at > 0 && (next !== undefined || rows + members.length > FIRST_ROWS)) continue;
    rows += members.length;
    opened.set(container.start, PAGE_MEMBERS);
    for (const { value } of members) if (isContainer(value)) queue.push(value);
  }
  return opened;
}

/** With a stack of its own: it may be nested as deep as its writer liked. */
export function jsonRows(doc: JsonDocument, opened: Opened): readonly JsonRow[] {
  const rows: JsonRow[] = [];
  const root = { key: undefined, index: undefined, value: doc.root, depth: 0 };
  const stack: JsonRow[] = [valueRow(root, opened)];
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    if (rows.length >= MAX_ROWS) {
      rows.push({ type: 'full', id: 'full', depth: 0 });
      return rows;
    }
    rows.push(row);
    if (row.type === 'value' && row.open && isContainer(row.value))
      stack.push(...below(doc, row, opened).reverse());
  }
  return rows;
}

function below(
  doc: JsonDocument,
  { value, depth }: Extract<JsonRow, { type: 'value' }>,
  opened: Opened,
): JsonRow[] {
  const { members, next, brokenAt } = doc.members(value, opened.get(value.start) ?? PAGE_MEMBERS);
  const ahead = members.map((member, at) => {
    const index = value.kind === 'array' ? at : undefined;
    return valueRow({ ...member, index, depth: depth + 1 }, opened);
  });
  const id = String(value.start);
  if (next !== undefined) {
    const more = { container: value, shown: members.length, depth: depth + 1 };
    ahead.push({ type: 'more', id: `more-${id}`, ...more });
  } else if (brokenAt !== undefined)
    ahead.push({ type: 'broken', id: `broken-${id}`, depth: depth + 1, at: brokenAt });
  return ahead;
}

function valueRow(
  given: {
    readonly key: JsonMember['key'];
    readonly index: number | undefined;
    readonly value: JsonValue;
    readonly depth: number;
  },
  opened: Opened,
): JsonRow {
  return {
    ...{ type: 'value', id: String(given.value.start), ...given },
    open: opened.has(given.value.start),
  };
}

/** The nearest line above that is less deep. */
export function parentOf(rows: readonly JsonRow[], index: number): number {
  const depth = rows[index]?.depth ?? 0;
  for (let at = index - 1; at >= 0; at--) if ((rows[at]?.depth ?? 0) < depth) return at;
  return index;
}
