/** What the log says was erased: read through the index, newest first. */
import { z } from 'zod';
import { MAX_EVENT_LIMIT } from '../../contracts/event-query.ts';
import type { AuditSearch } from '../ports.ts';
import type { Erasable } from './plan-erasure.ts';
import type { SeqRange } from './seq-ranges.ts';

const count = z.number().int().min(0);

/** Attributes of `audit.erased`. Others may be added: a reader takes what it knows. */
const erasedAttributes = z.object({
  what: z.enum(['payloads', 'events']),
  ranges: z.array(z.tuple([count, count])),
  entries: count,
  setting: z.object({ agent: z.string().nullable() }),
  before: z.string(),
});

export interface PastErasure {
  readonly seq: number;
  readonly recorded: string;
  readonly what: Erasable;
  readonly ranges: readonly SeqRange[];
  readonly entries: number;
  /** Of the setting that demanded it. */
  readonly agent: string | null;
  readonly before: string;
}

/** Those behind `afterSeq`. The index must have caught up with what the caller has to see. */
export async function* pastErasures(
  search: Pick<AuditSearch, 'list'>,
  of: { readonly workspaceId: string; readonly kind: string; readonly afterSeq: number },
): AsyncGenerator<PastErasure> {
  let cursor: string | undefined;
  do {
    const page = await search.list(
      of.workspaceId,
      { kind: [of.kind] },
      { order: 'desc', limit: MAX_EVENT_LIMIT, ...(cursor !== undefined && { cursor }) },
    );
    for (const { seq, recorded, attributes } of page.items) {
      if (seq <= of.afterSeq) return;
      const { setting, ...said } = erasedAttributes.parse(attributes);
      yield { seq, recorded, ...said, agent: setting.agent };
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
