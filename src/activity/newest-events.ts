import type { EventResource } from '../contracts/event.ts';

const MAX_EVENTS = 20;
/** As text; attributes may be 32 KiB, and a list is told once a second. */
const MAX_ATTRIBUTES = 2_000;
const MAX_MESSAGE = 500;

/** The last that ended, newest first, each once. */
export class NewestEvents {
  #events: readonly EventResource[] = [];

  /** @param events in any order, some of which may be known. @returns whether anything changed */
  add(events: readonly EventResource[]): boolean {
    if (events.length === 0) return false;
    const byId = new Map(this.#events.map((event) => [event.id, event]));
    for (const event of events) byId.set(event.id, shortened(event));
    this.#events = [...byId.values()].sort((a, b) => endOf(b) - endOf(a)).slice(0, MAX_EVENTS);
    return true;
  }

  list(): readonly EventResource[] {
    return this.#events;
  }
}

function endOf({ seq, completedSeq }: EventResource): number {
  return completedSeq ?? seq;
}

/** The whole event is one request away. */
function shortened(event: EventResource): EventResource {
  const { attributes, error, ...rest } = event;
  const isShort = attributes !== undefined && JSON.stringify(attributes).length <= MAX_ATTRIBUTES;
  return {
    ...rest,
    ...(error !== undefined && {
      error: { ...error, message: error.message.slice(0, MAX_MESSAGE) },
    }),
    ...(isShort && { attributes }),
  };
}
