import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from 'yaml';

/** Where something stands in a file; all from 1, and how many characters of the line it takes. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export type Path = readonly (string | number)[];

interface Located {
  readonly key: Node | null;
  readonly value: Node | null;
}

function pairOf(node: unknown, part: string | number): Located | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      (item: Pair) => isScalar(item.key) && String(item.key.value) === String(part),
    );
    if (pair === undefined) return undefined;
    return { key: pair.key as Node, value: pair.value as Node | null };
  }
  if (isSeq(node) && typeof part === 'number') {
    const value = node.items[part] as Node | undefined;
    return value === undefined ? undefined : { key: null, value };
  }
  return undefined;
}

function deepest(document: Document, path: Path): { located: Located; complete: boolean } {
  let located: Located = { key: null, value: document.contents as Node | null };
  for (const part of path) {
    const value = located.value;
    const next = pairOf(value, part);
    if (next === undefined) return { located, complete: false };
    located = next;
  }
  return { located, complete: true };
}

/**
 * Where `path` stands: its value, its key with `prefer: 'key'`, or, where it is missing, the key of
 * the deepest part of it that is there.
 */
export function positionOf(
  file: { document: Document; lines: LineCounter },
  path: Path,
  prefer: 'key' | 'value',
): Position {
  const { located, complete } = deepest(file.document, path);
  const wanted = prefer === 'key' || !complete ? located.key : located.value;
  const node = wanted ?? located.key ?? located.value;
  return positionAt(file.lines, node?.range?.[0] ?? 0, node?.range?.[1]);
}

/** From offsets in the text. */
export function positionAt(lines: LineCounter, start: number, end?: number): Position {
  const from = lines.linePos(start);
  const to = end === undefined ? from : lines.linePos(end);
  const length = to.line === from.line ? to.col - from.col : 1;
  return {
    line: Math.max(1, from.line),
    column: Math.max(1, from.col),
    length: Math.max(1, length),
  };
}
