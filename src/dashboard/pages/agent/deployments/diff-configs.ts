/** What is different between two configurations, one row a value. */
export interface Change {
  /** `resources.memoryMib`, `env.MODEL`. */
  readonly path: string;
  /** undefined: it was not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const MAX_CHANGES = 500;
const MAX_DEPTH = 8;

/** In the order of their paths; the first 500. Lists are compared as wholes. */
export function diffConfigs(before: unknown, after: unknown): readonly Change[] {
  const changes: Change[] = [];
  compare({ path: '', before, after, depth: 0 }, changes);
  return changes;
}

interface Compared {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly depth: number;
}

function compare({ path, before, after, depth }: Compared, changes: Change[]): void {
  if (changes.length >= MAX_CHANGES) return;
  if (
    depth < MAX_DEPTH &&
    isParts(before ?? {}) &&
    isParts(after ?? {}) &&
    (isParts(before) || isParts(after))
  ) {
    const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
    for (const name of [...names].sort())
      compare(
        {
          path: path === '' ? name : `${path}.${name}`,
          before: own(before, name),
          after: own(after, name),
          depth: depth + 1,
        },
        changes,
      );
    return;
  }
  const [was, is] = [text(before), text(after)];
  if (was !== is) changes.push({ path, before: was, after: is });
}

function isParts(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: unknown, name: string): unknown {
  return isParts(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function text(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
