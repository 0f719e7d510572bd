/** The little of TOML that is needed to read a pyproject.toml: tables of plain strings. */

/** Whether the file has `[name]`, or a table below it. */
export function hasTable(toml: string, name: string): boolean {
  return headers(toml).some((header) => header === name || header.startsWith(`${name}.`));
}

/** The `key = "text"` lines of `[name]`; other values are left out. */
export function tomlTable(toml: string, name: string): Record<string, string> {
  const found: Record<string, string> = {};
  let inside = false;
  for (const line of toml.split(/\r?\n/)) {
    const header = headerOf(line);
    if (header !== undefined) inside = header === name;
    else if (inside) {
      const match = /^\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*=\s*(?:"([^"\\]*)"|'([^']*)')/.exec(
        line,
      );
      const key = match?.[1] ?? match?.[2] ?? match?.[3];
      if (key !== undefined) found[key] = match?.[4] ?? match?.[5] ?? '';
    }
  }
  return found;
}

function headers(toml: string): string[] {
  return toml.split(/\r?\n/).flatMap((line) => headerOf(line) ?? []);
}

/** `[a.b]` → `a.b`; spaces and quotes around the parts do not count. */
function headerOf(line: string): string | undefined {
  const match = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/.exec(line);
  return match?.[1]?.replaceAll(/["'\s]/g, '');
}
