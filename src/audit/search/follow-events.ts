/** Asks for the next events whenever there are some, and no sooner than they are taken. */
import type { EventResource } from '../../contracts/event.ts';
import type { LogPosition } from '../ports.ts';
import type { IndexedSizes } from './indexed-sizes.ts';
import type { Followed, SeqPage } from './thread-messages.ts';

const PAGE_EVENTS = 200;

export interface FollowOptions {
  readonly workspaceId: string;
  readonly afterSeq: number;
  readonly signal: AbortSignal;
  readonly sizes: IndexedSizes;
  /** Told the last entry that was looked at, after what matched up to it was taken; waited for. */
  readonly onThrough?: (seq: number) => void | Promise<void>;
  ask(page: SeqPage, position: LogPosition | undefined): Promise<Followed>;
}

/** Ends when the signal comes. */
export async function* followEvents(
  options: FollowOptions,
): AsyncGenerator<{ readonly id: string; readonly data: EventResource }> {
  const { sizes, signal, workspaceId } = options;
  let { afterSeq } = options;
  let position: LogPosition | undefined;
  while (!signal.aborted) {
    if (!(await sizes.reached(workspaceId, afterSeq + 2, { signal }))) continue;
    const page = { afterSeq, limit: PAGE_EVENTS };
    const { items, ...next } = await options.ask(page, position);
    ({ through: afterSeq, position } = next);
    for (const item of items) {
      if (signal.aborted) return;
      yield item;
    }
    await options.onThrough?.(afterSeq);
  }
}
