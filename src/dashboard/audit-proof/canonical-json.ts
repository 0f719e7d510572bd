/** RFC 8785: the bytes that an entry’s leaf hash is made of. */
import { ProofProblem } from './proof-problem.ts';

const MAX_DEPTH = 1_000;

/** @param value as JSON.parse made it. @throws ProofProblem when it has no canonical form */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new ProofProblem('It is nested too deeply.');
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new ProofProblem('It has half a character in it.');
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    // Sorted by UTF-16 code units, which is how sort() compares.
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = (part: unknown) => canonicalJson(part, depth + 1);
    return `{${members.map(([name, item]) => `${text(name)}:${text(item)}`).join(',')}}`;
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new ProofProblem('It is not JSON.');
  return text;
}
