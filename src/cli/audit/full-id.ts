/** Ids are long: the beginning of one is enough where only one begins so. */
import { SwarmError } from '../../base/errors.ts';
import type { SwarmClient } from '../../contracts/client.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { RunResource } from '../../contracts/event-query.ts';
import { cliErrors } from '../errors.ts';

/** A beginning is looked for among the newest events only; older ones want the whole id. */
const PAGES = 3;
const PAGE = 1000;
const SHORTEST_PREFIX = 4;
const WHOLE_RUN = /^[0-9a-f]{32}$/;

/** Does `read` with the id as it is or, where there is none such, with the only one that begins so. */
export async function withEventId<T>(
  client: SwarmClient,
  { id, read }: { id: string; read: (whole: string) => Promise<T> },
): Promise<T> {
  try {
    return await read(id);
  } catch (error) {
    if (!(error instanceof SwarmError) || error.status !== 404) throw error;
    const whole = await wholeId(client, { prefix: id, idOf: (event) => event.id });
    if (whole === undefined) throw error;
    return read(whole);
  }
}

export async function findRun(client: SwarmClient, id: string): Promise<RunResource> {
  const lower = id.toLowerCase();
  if (WHOLE_RUN.test(lower)) return client.run(lower);
  if (!/^[0-9a-f]{4,31}$/.test(lower))
    throw cliErrors.usage(`"${id}" is no id of a run`, {
      remedy:
        'Give its 32 hexadecimal digits, or the first 4 or more of them: "swarm logs" shows them.',
    });
  return client.run(await wholeRunId(client, lower));
}

/** @throws usage when nothing, or more than one run, begins so */
export async function wholeRunId(client: SwarmClient, id: string): Promise<string> {
  if (WHOLE_RUN.test(id)) return id;
  const whole = await wholeId(client, { prefix: id, idOf: (event) => event.run });
  if (whole !== undefined) return whole;
  throw cliErrors.id_not_found(
    `none of the newest ${PAGES * PAGE} events is of a run that begins with "${id}"`,
  );
}

async function wholeId(
  client: SwarmClient,
  { prefix, idOf }: { prefix: string; idOf: (event: EventResource) => string | undefined },
): Promise<string | undefined> {
  if (prefix.length < SHORTEST_PREFIX) return undefined;
  const found = new Set<string>();
  let cursor: string | null | undefined;
  for (let page = 0; page < PAGES && cursor !== null; page++) {
    const { items, nextCursor } = await client.events({
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    for (const event of items) {
      const id = idOf(event);
      if (id?.startsWith(prefix)) found.add(id);
    }
    cursor = nextCursor;
  }
  if (found.size < 2) return [...found][0];
  throw cliErrors.usage(`"${prefix}" could be ${found.size} of them`, {
    remedy: `Give more of the id: ${[...found].slice(0, 5).join(', ')}${found.size > 5 ? ', …' : ''}`,
  });
}
