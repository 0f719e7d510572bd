/**
 * Gives events their ids on the main thread, so that the answer need not bring them back: copying
 * 500 texts between threads costs more than a commit.
 */
import type { AppendItem, AppendReceipt } from '../ports.ts';
import { EventIds, RandomPool } from './random-pool.ts';
import type { AppendReply } from './writer-messages.ts';

export type NamedItem = AppendItem & { readonly draft: { readonly id: string } };

export class ItemNamer {
  readonly #ids = new EventIds(new RandomPool());

  withIds(items: readonly AppendItem[], nowMs: number): readonly NamedItem[] {
    return items.map((item) =>
      hasId(item) ? item : { draft: { ...item.draft, id: this.#ids.next(nowMs) } },
    );
  }
}

export function receipts(items: readonly NamedItem[], { firstSeq }: AppendReply): AppendReceipt[] {
  return items.map(({ draft }, i) => ({ seq: firstSeq + i, id: draft.id }));
}

function hasId(item: AppendItem): item is NamedItem {
  return item.draft.id !== undefined;
}
