import type { Page } from '../deploy/deploy.ts';

export const DEFAULT_LIMIT = 50;

/** A page of a list that is in memory already, ordered by the unique `keyOf`. */
export function pageOfSorted<T>(
  items: readonly T[],
  query: { limit?: number | undefined; cursor?: string | undefined; keyOf: (item: T) => string },
): Page<T> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const after = query.cursor === undefined ? '' : Buffer.from(query.cursor, 'base64url').toString();
  const rest = items.filter((item) => query.keyOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const more = rest.length > page.length && last !== undefined;
  return {
    items: page,
    nextCursor: more ? Buffer.from(query.keyOf(last)).toString('base64url') : null,
  };
}

/** What areas take, from what a query gave. */
export function pageRequest(query: { limit?: number | undefined; cursor?: string | undefined }) {
  return {
    limit: query.limit ?? DEFAULT_LIMIT,
    ...(query.cursor !== undefined && { cursor: query.cursor }),
  };
}
