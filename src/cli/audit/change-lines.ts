/** What a change made of a value: one line for each path that differs. Pure. */

export interface ChangeLine {
  readonly sign: '-' | '+';
  /** `spec.replicas: 1` */
  readonly text: string;
}

export function changeLines(before: unknown, after: unknown): ChangeLine[] {
  const old = leaves(before);
  const now = leaves(after);
  const lines: ChangeLine[] = [];
  for (const path of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is) continue;
    const name = path === '' ? '' : `${path}: `;
    if (was !== undefined) lines.push({ sign: '-', text: `${name}${was}` });
    if (is !== undefined) lines.push({ sign: '+', text: `${name}${is}` });
  }
  return lines;
}

/** Every value that holds no others, as JSON, by its path; null and undefined at the top: nothing. */
function leaves(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (value === undefined || (value === null && path === '')) return found;
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) found.set(path, JSON.stringify(value));
  for (const [key, one] of entries) {
    const part = Array.isArray(value) ? `[${key}]` : `${path === '' ? '' : '.'}${key}`;
    leaves(one, `${path}${part}`, found);
  }
  return found;
}
