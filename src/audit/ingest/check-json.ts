import { MAX_INGEST_DEPTH } from '../../contracts/ingest-limits.ts';

/**
 * Why a value that JSON.parse returned cannot stand in an entry, or undefined: canonical JSON knows
 * no lone surrogates and no infinite numbers, and readers walk it recursively.
 */
export function jsonProblem(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string')
    return value.isWellFormed() ? undefined : 'has half of a surrogate pair';
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : 'has a number that is too large';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_INGEST_DEPTH) return `nests deeper than ${MAX_INGEST_DEPTH}`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = jsonProblem(item, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (!key.isWellFormed()) return 'has a name with half of a surrogate pair';
    if (key === '__proto__') return 'must not have the name __proto__';
    const problem = jsonProblem((value as Record<string, unknown>)[key], depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
