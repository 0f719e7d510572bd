/**
 * .dockerignore with Docker's meaning (github.com/moby/patternmatcher): patterns are rooted in the
 * folder, `*` and `?` stay within a path part, `**` crosses them, `!` takes back, the last match
 * wins, and what lies in an ignored folder is ignored unless a later `!` names it.
 */

interface Rule {
  readonly pattern: RegExp;
  readonly keeps: boolean;
}

export interface IgnoreRules {
  /** Is this path ('/' between parts, relative to the folder) left out? */
  ignores(path: string): boolean;
  /** May something below an ignored folder be kept, so that it must be looked into? */
  readonly hasExceptions: boolean;
}

/** Left out where there is no .dockerignore: large, of another machine, or private. */
export const DEFAULT_IGNORE = [
  '**/.git',
  '**/node_modules',
  '**/.venv',
  '**/__pycache__',
  '**/.env',
];

export function parseIgnore(lines: readonly string[]): IgnoreRules {
  const rules = lines.flatMap(parseLine);
  return {
    hasExceptions: rules.some((rule) => rule.keeps),
    ignores(path) {
      const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
      let ignored = false;
      for (const rule of rules)
        if (parents.some((parent) => rule.pattern.test(parent))) ignored = !rule.keeps;
      return ignored;
    },
  };
}

function parseLine(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  let text = line.replace(/^\ufeff/, '').trim();
  const keeps = text.startsWith('!');
  if (keeps) text = text.slice(1).trim();
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0) return [];
  return [{ pattern: toRegExp(resolveParents(parts).join('/')), keeps }];
}

function resolveParents(parts: readonly string[]): string[] {
  const resolved: string[] = [];
  for (const part of parts) {
    if (part === '..') resolved.pop();
    else resolved.push(part);
  }
  return resolved;
}

/** Go's filepath.Match with `**`. */
function toRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '*' && pattern.charAt(i + 1) === '*') {
      i++;
      if (pattern.charAt(i + 1) === '/') i++;
      source += i === pattern.length - 1 ? '.*' : '(.*/)?';
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end < 0) return /^(?!)/; // Not a pattern: matches nothing.
      source += `[${pattern.slice(i + 1, end).replace(/\\(?!.)|\[/g, '\\$&')}]`;
      i = end;
    } else {
      const literal = char === '\\' ? pattern.charAt(++i) : char;
      source += literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    }
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /^(?!)/;
  }
}
