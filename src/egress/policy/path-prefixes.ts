/** From paths that were seen to few prefixes that allow them: cut where an id begins. */

const MAX_DEPTH = 4;
const MAX_PREFIXES = 5;
/** Others may be read in several ways, or stand for something else tomorrow. */
const PLAIN_SEGMENT = /^[A-Za-z0-9_~:@+,=-][A-Za-z0-9._~:@+,=-]*$/;

/** @returns undefined: too many differ, or the root itself was called, so all paths it must be */
export function pathPrefixes(paths: Iterable<string>): readonly string[] | undefined {
  const cut = [...paths].map(plainSegments);
  for (let depth = MAX_DEPTH; depth > 0; depth--) {
    const prefixes = withoutCovered(
      new Set(cut.map((segments) => `/${segments.slice(0, depth).join('/')}`)),
    );
    if (prefixes.includes('/')) return undefined;
    if (prefixes.length <= MAX_PREFIXES) return prefixes;
  }
  return undefined;
}

function plainSegments(path: string): readonly string[] {
  const segments = (path.split(/[?#]/)[0] ?? '').split('/').slice(1);
  const end = segments.findIndex((one) => !PLAIN_SEGMENT.test(one) || isId(one));
  return end === -1 ? segments : segments.slice(0, end);
}

/** Numbers, UUIDs, hashes, and long mixtures of letters and digits: another one in every call. */
function isId(segment: string): boolean {
  if (/^\d+$/.test(segment) || segment.length > 80) return true;
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(segment)) return true;
  if (/^[0-9a-f]{16,}$/i.test(segment)) return true;
  const word = segment.slice(segment.lastIndexOf('_') + 1);
  return word.length >= 12 && /\d/.test(word) && /[a-z]/i.test(word) && !/[-.]/.test(word);
}

function withoutCovered(prefixes: ReadonlySet<string>): readonly string[] {
  const sorted = [...prefixes].sort();
  return sorted.filter(
    (one) => !sorted.some((other) => other !== one && one.startsWith(`${other}/`)),
  );
}
