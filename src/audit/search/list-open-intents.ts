import type { EventResource } from '../../contracts/event.ts';
import type { SeqPage } from './thread-messages.ts';

const PAGE_EVENTS = 1_000;

interface OpenIntent {
  readonly seq: number;
  readonly event: EventResource;
}

/** All of them, ascending. */
export async function listOpenIntents(
  ask: (page: SeqPage) => Promise<readonly OpenIntent[]>,
): Promise<readonly OpenIntent[]> {
  const intents: OpenIntent[] = [];
  for (;;) {
    const page = await ask({ afterSeq: intents.at(-1)?.seq ?? -1, limit: PAGE_EVENTS });
    intents.push(...page);
    if (page.length < PAGE_EVENTS) return intents;
  }
}
