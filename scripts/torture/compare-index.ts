import type { AuditSearch, LogWriter } from '../../src/audit/ports.ts';

/**
 * Not actions, of which a victim erases halves, as retention never does; nor the log's own entries,
 * which stay whatever is erased around them.
 */
const WHOLE_EVENTS = { kind: ['torture.event', 'program.*'] };
const CATCH_UP_MS = 60_000;

/**
 * Does the index that lived through all the kills say the same as one made from the segments now?
 * @returns what differs
 */
export async function compareIndex(
  { writer, search }: { readonly writer: LogWriter; readonly search: AuditSearch },
  workspace: string,
): Promise<string[]> {
  const { size } = writer.committed(workspace);
  await search.caughtUp(workspace, size, { timeoutMs: CATCH_UP_MS });
  await finishErasures({ writer, search }, workspace);
  const lived = await found(search, workspace, size);
  await search.reindex(workspace);
  await search.caughtUp(workspace, size, { timeoutMs: CATCH_UP_MS });
  const remade = await found(search, workspace, size);
  const wrong: string[] = [];
  const where = `in the index of ${workspace} (${lived.size} entries, made again ${remade.size})`;
  for (const seq of lived) if (!remade.has(seq)) wrong.push(`entry ${seq} should not be ${where}`);
  for (const seq of remade) if (!lived.has(seq)) wrong.push(`entry ${seq} is missing ${where}`);
  return wrong.slice(0, 10);
}

async function found(search: AuditSearch, workspace: string, size: number): Promise<Set<number>> {
  const seqs = new Set<number>();
  for await (const batch of search.entries(workspace, WHOLE_EVENTS, { size }))
    for (const { seq } of batch) seqs.add(seq);
  return seqs;
}

/** As retention does at a start: what was said to be erased, and perhaps not carried out. */
async function finishErasures(
  { writer, search }: { readonly writer: LogWriter; readonly search: AuditSearch },
  workspace: string,
): Promise<void> {
  const ranges: Record<'payloads' | 'events', (readonly [number, number])[]> = {
    ...{ payloads: [], events: [] },
  };
  let cursor: string | undefined;
  do {
    const page = await search.list(
      workspace,
      { kind: ['audit.erased'] },
      { limit: 1_000, ...(cursor !== undefined && { cursor }) },
    );
    for (const { attributes } of page.items) {
      const erased = attributes as unknown as Parameters<LogWriter['erase']>[1];
      ranges[erased.what].push(...erased.ranges);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  // At once: each erasure writes segments anew, each forgetting the words of a shard.
  for (const what of ['payloads', 'events'] as const) {
    await writer.erase(workspace, { what, ranges: ranges[what] });
    await search.forget(workspace, { what, ranges: ranges[what] });
  }
}
