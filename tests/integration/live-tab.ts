/** One who reads GET /v1/live as a tab of the dashboard does. */
import assert from 'node:assert/strict';
import { waitUntil } from '../../src/base/wait.ts';
import { type LiveMessage, liveMessage } from '../../src/contracts/overview.ts';
import { parseServerSentEvents } from '../../src/contracts/server-sent-events.ts';
import type { ApiStage } from './api-stage.ts';

const TIMEOUT_MS = 20_000;

export interface LiveTab extends AsyncDisposable {
  readonly messages: { readonly id: string; readonly message: LiveMessage }[];
  /** The first that fits, once it is there. */
  first<T extends LiveMessage['type']>(
    type: T,
    fits?: (message: Extract<LiveMessage, { type: T }>) => boolean,
  ): Promise<Extract<LiveMessage, { type: T }>>;
  /** Ids of the events. */
  events(): string[];
  /** Of the last message that has one; '' before the first. */
  lastId(): string;
}

export interface LiveTabOptions {
  readonly query?: Record<string, string>;
  readonly lastEventId?: string | undefined;
}

/** Closed, it has broken off. */
export async function openLiveTab(
  stage: Pick<ApiStage, 'url' | 'token'>,
  { query = {}, lastEventId }: LiveTabOptions = {},
): Promise<LiveTab> {
  const closing = new AbortController();
  const answer = await fetch(`${stage.url}/v1/live?${new URLSearchParams(query)}`, {
    headers: {
      authorization: `Bearer ${stage.token}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: closing.signal,
  });
  assert.equal(answer.status, 200, await (answer.ok ? '' : answer.text()));
  const messages: LiveTab['messages'] = [];
  const reading = (async () => {
    assert.ok(answer.body);
    for await (const { id, data } of parseServerSentEvents(answer.body))
      messages.push({ id, message: liveMessage.parse(JSON.parse(data)) });
  })().catch(() => undefined);
  return {
    messages,
    async first(type, fits = () => true) {
      const found = await waitUntil(
        () =>
          messages
            .map(({ message }) => message)
            .find((message) => message.type === type && fits(message as never)),
        { timeoutMs: TIMEOUT_MS },
      );
      assert.ok(found, `no ${type} in ${JSON.stringify(messages).slice(0, 2_000)}`);
      return found as never;
    },
    events: () =>
      messages.flatMap(({ message }) => (message.type === 'event' ? [message.event.id] : [])),
    lastId: () => messages.findLast(({ id }) => id !== '')?.id ?? '',
    async [Symbol.asyncDispose]() {
      closing.abort();
      await reading;
    },
  };
}
