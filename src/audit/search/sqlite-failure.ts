/** What an error of node:sqlite means for an index that can be made again. */

/** https://sqlite.org/rescode.html: CORRUPT and NOTADB. The lower byte is the primary code. */
const DAMAGE_CODES = new Set([11, 26]);
const CANNOT_OPEN = 14;

/** The file is broken: no further try helps. */
export function isIndexDamage(error: unknown): boolean {
  const code = resultCode(error);
  if (code === undefined) return false;
  if (DAMAGE_CODES.has(code)) return true;
  // A table that should be there is not, or its shadow tables are not as they should be.
  return (
    code === 1 && error instanceof Error && /no such table|vtable|malformed/.test(error.message)
  );
}

export function isIndexMissing(error: unknown): boolean {
  return resultCode(error) === CANNOT_OPEN;
}

/** The disk, memory or a lock: not this query, and not for ever. Code 1 is a mistake in a query. */
export function isIndexBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && code !== 1;
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
