import type { Page } from '../contracts/client.ts';

const PAGE = 200;

/** Every item of a list, over as many pages as it takes, up to `max`. */
export async function allPages<T>(
  read: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
  max = 10_000,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({
      limit: Math.min(PAGE, max),
      ...(cursor !== null && { cursor }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < max);
  return items.slice(0, max);
}
