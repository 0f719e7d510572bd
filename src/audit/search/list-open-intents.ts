import type { EventResource } from '../../contracts/event.ts';
import type { QueryCalls, SeqPage } from './thread-messages.ts';

const PAGE_EVENTS = 1_000;

/** All of them, ascending. */
export async function listOpenIntents(
  ask: (page: SeqPage) => Promise<QueryCalls['openIntents']['result']>,
): Promise<readonly { readonly seq: number; readonly event: EventResource }[]> {
  const all: { seq: number; event: EventResource }[] = [];
  for (let afterSeq = -1, done = false; !done; ) {
    const page = await ask({ afterSeq, limit: PAGE_EVENTS });
    all.push(...page.intents);
    ({ through: afterSeq, done } = page);
  }
  return all;
}
