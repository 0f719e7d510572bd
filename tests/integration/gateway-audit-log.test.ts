/** Calls in the real log: from the one HTTP server through the gateway to what search finds. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { waitUntil } from '../../src/base/wait.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { EventTerms } from '../../src/contracts/event-query.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
});
after(() => stage.close());

/** The index is made beside the start, and is not there at once. */
function whileNotIndexed(error: { code?: string }) {
  if (error.code === 'audit_index_unavailable') return undefined;
  throw error;
}

async function found(terms: EventTerms, count = 1): Promise<readonly EventResource[]> {
  let items: readonly EventResource[] = [];
  await waitUntil(
    async () => {
      const page = await stage.audit.search
        .list(DEFAULT_WORKSPACE, terms, { order: 'asc' })
        .catch(whileNotIndexed);
      items = page?.items ?? [];
      return items.length >= count && items.every(({ status }) => status !== 'open');
    },
    { timeoutMs: 20_000 },
  );
  return items;
}

test('a call is found with who made it, where it went, and what the policy keeps of it', async () => {
  await stage.deploy('desk', {
    audit: {
      ...{ payloads: 'redacted', max_bytes: '1KiB' },
      redact: { paths: ['$..password'], patterns: ['email'] },
    },
  });
  const answer = await stage.call('POST', '/agents/desk/ask?token=hidden', {
    body: { password: 'PW1', to: 'joe@example.org', n: 1 },
  });
  const run = answer.headers.get('swarm-run') ?? assert.fail('the answer names no run');
  const [event] = await found({ run });
  assert.ok(event);
  assert.deepEqual([event.kind, event.agent, event.revision], ['gateway.call', 'desk', 1]);
  assert.equal(event.status, answer.status < 400 ? 'ok' : 'error');
  assert.deepEqual([event.actor.name, event.actor.auth], ['root', 'token']);
  assert.equal(event.actor.address, '127.0.0.1');
  assert.equal(event.request, answer.headers.get('x-request-id'));
  assert.ok(event.machine !== undefined && event.durationNs !== undefined);
  assert.equal(event.attributes?.path, '/ask');
  assert.equal(event.payload?.request?.redactions, 2);
  const { content } = await stage.audit.search.get(DEFAULT_WORKSPACE, event.id);
  assert.deepEqual(JSON.parse(content?.request?.body ?? ''), {
    ...{ password: '[redacted]', to: '[redacted:email]', n: 1 },
  });
});

test('calls without a credential, or with one that does not suffice, are events too', async () => {
  const none = await stage.call('GET', '/agents/anon/x', { token: null });
  assert.equal(none.status, 401);
  const { value } = (
    await stage.call('POST', '/v1/tokens', { body: { name: 'eyes', scopes: ['read'] } })
  ).json;
  assert.equal((await stage.call('GET', '/agents/anon/y', { token: value })).status, 403);
  const socket = new WebSocket(`${stage.url.replace('http', 'ws')}/agents/anon/z`);
  socket.on('error', () => undefined);
  const events = await found({ agent: ['anon'] }, 3);
  assert.deepEqual(
    events.map((event) => [event.kind, event.status, event.error?.code, event.actor.name]),
    [
      ['gateway.call', 'refused', 'token_missing', 'anonymous'],
      ['gateway.call', 'refused', 'not_permitted', 'eyes'],
      ['gateway.call', 'refused', 'token_missing', 'anonymous'],
    ],
  );
  assert.deepEqual(
    events.map(({ attributes }) => attributes?.statusCode),
    [401, 403, 401],
  );
});

test('a flood without a credential is counted and does not fill the disk', async () => {
  const calls = Array.from({ length: 200 }, () =>
    stage.call('GET', '/agents/flood/x', { token: `bad${Math.random()}` }),
  );
  for (const { status } of await Promise.all(calls)) assert.equal(status, 401);
  const single = async () => (await found({ agent: ['flood'] })).length;
  const counted = async () =>
    (await found({ kind: ['gateway.calls_refused'] })).reduce(
      (sum, { attributes }) => sum + Number(attributes?.count),
      0,
    );
  assert.ok(
    await waitUntil(async () => (await single()) + (await counted()) >= 200, { timeoutMs: 20_000 }),
  );
  assert.equal((await single()) + (await counted()), 200);
  assert.ok((await single()) < 100, 'most have no event of their own');
});

test('a call that no agent is there for is refused, with its name', async () => {
  assert.equal((await stage.call('GET', '/agents/ghost/')).status, 404);
  const [event] = await found({ agent: ['ghost'] });
  assert.deepEqual([event?.status, event?.error?.code], ['refused', 'agent_not_found']);
});
