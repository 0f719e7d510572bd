/** One stream with states, figures and events, from a real swarmd with a real log. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { type LiveMessage, liveMessage, overview } from '../../src/contracts/overview.ts';
import { parseServerSentEvents } from '../../src/contracts/server-sent-events.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';

const TIMEOUT_MS = 20_000;

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
  await stage.deploy('desk');
});
after(() => stage.close());

interface Tab extends AsyncDisposable {
  readonly messages: { readonly id: string; readonly message: LiveMessage }[];
  /** The first that fits, once it is there. */
  first<T extends LiveMessage['type']>(
    type: T,
    fits?: (message: Extract<LiveMessage, { type: T }>) => boolean,
  ): Promise<Extract<LiveMessage, { type: T }>>;
  events(): string[];
  lastId(): string;
}

async function openTab(
  query: Record<string, string> = {},
  options: { lastEventId?: string; token?: string } = {},
): Promise<Tab> {
  const closing = new AbortController();
  const answer = await fetch(`${stage.url}/v1/live?${new URLSearchParams(query)}`, {
    headers: {
      authorization: `Bearer ${options.token ?? stage.token}`,
      ...(options.lastEventId !== undefined && { 'last-event-id': options.lastEventId }),
    },
    signal: closing.signal,
  });
  assert.equal(answer.status, 200, await (answer.ok ? '' : answer.text()));
  const messages: Tab['messages'] = [];
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

async function call(path = '/hello'): Promise<number> {
  return (await stage.call('GET', `/agents/desk${path}`)).status;
}

describe('figures', () => {
  test('calls are counted, with how long they took and how they ended', async () => {
    await using tab = await openTab({ events: 'none' });
    const { agents } = await tab.first('agents');
    assert.deepEqual(
      agents.map(({ name }) => name),
      ['desk'],
    );
    for (let i = 0; i < 5; i++) await call();
    await stage.call('GET', '/agents/nobody/hello');
    const { overview: seen } = await tab.first(
      'overview',
      ({ overview }) =>
        overview.complete && overview.totals.callsToday + overview.totals.refusedToday >= 6,
    );
    const asked = overview.parse((await stage.call('GET', '/v1/overview')).json);
    assert.deepEqual(asked.totals.series.calls, seen.totals.series.calls);
  });
});
