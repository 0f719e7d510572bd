/** What is done through the API, and what is refused, is found in the audit log. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { endpoints } from '../../src/api/endpoints.ts';
import { encodeFrame } from '../../src/api/exec-frames.ts';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { IngestReport } from '../../src/contracts/event-query.ts';
import { EXEC_FRAME } from '../../src/contracts/guest.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';

const TIMEOUT_MS = 20_000;

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
});
after(() => stage.close());

/** The newest events of that kind, once there are so many. */
async function found(
  query: Record<string, string>,
  { count = 1 }: { count?: number } = {},
): Promise<EventResource[]> {
  let items: EventResource[] = [];
  await waitUntil(
    async () => {
      const answer = await stage.call('GET', `/v1/events?${new URLSearchParams(query)}`);
      // After a start the index has to be made first.
      if (answer.json?.code === 'audit_index_unavailable') return false;
      assert.equal(answer.status, 200, answer.text);
      items = answer.json.items;
      return items.length >= count && items.every(({ status }) => status !== 'open');
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(items.length >= count, `${JSON.stringify(query)}: ${items.length} events`);
  return items;
}

async function newest(query: Record<string, string>): Promise<EventResource> {
  const [event] = await found(query);
  assert.ok(event);
  return event;
}

test('every endpoint that changes something says what its event is', () => {
  const silent = endpoints.filter(({ method, audit }) => method !== 'GET' && audit === undefined);
  assert.deepEqual(silent, []);
  const asActions = endpoints.filter(({ audit }) => audit?.record === 'action');
  assert.ok(asActions.some(({ webSocket }) => webSocket === true));
  // The rest of what changes something is recorded by whoever takes it; the list may only shrink.
  const otherwise = endpoints
    .filter(({ method, audit }) => method !== 'GET' && audit?.record !== 'action')
    .map(({ method, path, audit }) => `${method} ${path}: ${audit?.record}`);
  assert.deepEqual(otherwise, [
    'POST /v1/agents/{name}/egress/rules: itself',
    'DELETE /v1/agents/{name}/egress/rules/{id}: itself',
    'POST /v1/agents/{name}/egress/mode: itself',
    'POST /v1/agents/{name}/egress/check: read',
    'POST /v1/budgets: itself',
    'DELETE /v1/budgets/{name}: itself',
    'POST /v1/prices: itself',
    'DELETE /v1/prices/{name}: itself',
    'POST /v1/agents/{name}/pause: itself',
    'POST /v1/agents/{name}/resume: itself',
    'POST /v1/sessions: refusals',
    'POST /v1/events: refusals',
    'POST /v1/traces: refusals',
    'POST /v1/audit/verifications: itself',
    'POST /v1/audit/retention: itself',
    'DELETE /v1/audit/retention: itself',
    'POST /v1/audit/holds: itself',
    'DELETE /v1/audit/holds/{name}: itself',
  ]);
});

describe('what is done is found with who did it, from where, before and after', () => {
  test('a deployment, with what it changes and how it went', async () => {
    await stage.deploy('desk', { env: { API_KEY: 'not-for-the-log' } });
    const created = await newest({ kind: 'deployment.create', agent: 'desk' });
    assert.equal(created.status, 'ok');
    assert.deepEqual(
      [created.actor.type, created.actor.name, created.actor.auth, created.actor.address],
      ['human', 'root', 'token', '127.0.0.1'],
    );
    assert.match(created.request ?? '', /^req_/);
    assert.equal(created.attributes?.path, '/v1/deployments');
    assert.ok(created.completedSeq !== undefined && created.completedSeq > created.seq);
    assert.ok(created.durationNs !== undefined && created.durationNs > 0);
    const text = JSON.stringify(created);
    assert.match(text, /spec\.env/);
    assert.ok(!text.includes('not-for-the-log'));
    const ended = await newest({ kind: 'deployment.ended', agent: 'desk' });
    assert.deepEqual([ended.status, ended.actor.id], ['ok', 'service:deploy']);
    const steps = await found({ kind: 'deployment.step_ended', agent: 'desk' }, { count: 5 });
    assert.ok(steps.some(({ attributes }) => attributes?.step === 'traffic'));
    const started = await newest({ kind: 'machine.started', agent: 'desk' });
    assert.equal(started.actor.id, 'service:fleet');
    assert.match(started.machine ?? '', /^mch_/);
    await newest({ kind: 'machine.healthy', agent: 'desk' });
  });

  test('scaling', async () => {
    const answer = await stage.call('POST', '/v1/agents/desk/scale', { body: { replicas: 2 } });
    assert.equal(answer.status, 200, answer.text);
    const event = await newest({ kind: 'agent.scale', agent: 'desk' });
    assert.deepEqual(
      [event.attributes?.before, event.attributes?.after],
      [{ replicas: 1 }, { replicas: 2 }],
    );
    assert.equal(event.request, answer.headers.get('swarm-request-id'));
  });

  test('tokens, and never their text', async () => {
    const token = await stage.client.createToken({ name: 'short-lived', scopes: ['read'] });
    await stage.call('DELETE', `/v1/tokens/${token.id}`);
    const made = await newest({ kind: 'token.create' });
    assert.deepEqual(made.attributes?.after, {
      ...{ id: token.id, name: 'short-lived', scopes: ['read'], expiresAt: null },
    });
    const ended = await newest({ kind: 'token.delete' });
    assert.deepEqual(ended.attributes?.before, made.attributes?.after);
    assert.ok(!JSON.stringify([made, ended]).includes(token.value));
  });

  test('an upload, a restart, a kill, a deletion', async () => {
    const upload = await stage.call('POST', '/v1/uploads', {
      body: 'bytes',
      headers: { 'content-type': 'application/octet-stream' },
    });
    assert.deepEqual((await newest({ kind: 'upload.create' })).attributes?.after, upload.json);
    await stage.deploy('brief');
    const [machine] = (await stage.call('GET', '/v1/agents/brief/machines')).json.items;
    await stage.call('POST', `/v1/machines/${machine.id}/kill`, { body: {} });
    const killed = await newest({ kind: 'machine.kill' });
    assert.deepEqual([killed.agent, killed.machine], ['brief', machine.id]);
    const failed = await newest({ kind: 'machine.failed', agent: 'brief' });
    assert.deepEqual([failed.status, failed.machine], ['error', machine.id]);
    await newest({ kind: 'replica.restart', agent: 'brief' });
    const restarted = await stage.call('POST', '/v1/agents/brief/restart', { body: {} });
    assert.equal((await newest({ kind: 'agent.restart' })).status, 'ok', restarted.text);
    await stage.call('DELETE', '/v1/agents/brief');
    const deleted = await newest({ kind: 'agent.delete', agent: 'brief' });
    const { before, after } = deleted.attributes ?? {};
    assert.deepEqual([(before as { replicas?: number }).replicas, after], [1, null]);
    await newest({ kind: 'agent.removed', agent: 'brief' });
  });

  test('a repeat with the same Idempotency-Key is no second action', async () => {
    const before = (await found({ kind: 'agent.scale', limit: '1000' })).length;
    const options = { body: { replicas: 1 }, headers: { 'idempotency-key': 'scale-once' } };
    for (let n = 0; n < 3; n++)
      assert.equal((await stage.call('POST', '/v1/agents/desk/scale', options)).status, 200);
    await stage.call('POST', '/v1/agents/desk/scale', { body: { replicas: 3 } });
    const after = await found({ kind: 'agent.scale', limit: '1000' }, { count: before + 2 });
    assert.equal(after.length, before + 2);
  });
});

describe('what is refused is found too', () => {
  test('by validation, by state and by what is not there, each with its code', async () => {
    await stage.call('POST', '/v1/agents/desk/scale', { body: { replicas: -1 } });
    await stage.call('POST', '/v1/agents/dsek/scale', { body: { replicas: 1 } });
    const missing = await newest({ kind: 'agent.scale', agent: 'dsek', status: 'refused' });
    assert.equal(missing.error?.code, 'agent_not_found');
    const invalid = await newest({ kind: 'agent.scale', agent: 'desk', status: 'refused' });
    assert.equal(invalid.error?.code, 'request_invalid');
    assert.equal(invalid.completedSeq, undefined);
  });

  test('without a token, with the address; with one that is too narrow, with its name', async () => {
    const narrow = await stage.client.createToken({ name: 'narrow', scopes: ['read'] });
    await stage.call('DELETE', '/v1/agents/desk', { token: null });
    await stage.call('DELETE', '/v1/agents/desk', { token: narrow.value });
    const events = await found(
      { kind: 'agent.delete', agent: 'desk', status: 'refused' },
      { count: 2 },
    );
    assert.deepEqual(
      events.map(({ actor, error }) => [actor.type, actor.name, actor.address, error?.code]),
      [
        ['service', 'narrow', '127.0.0.1', 'not_permitted'],
        ['anonymous', 'anonymous', '127.0.0.1', 'token_missing'],
      ],
    );
  });

  test('reading what one may not is an event, reading what one may is none', async () => {
    await stage.call('GET', '/v1/agents', { token: null });
    const refused = await newest({ kind: 'api.read_refused' });
    assert.equal(refused.attributes?.path, '/v1/agents');
    await stage.call('GET', '/v1/agents');
    const all = await found({ limit: '1000' });
    assert.ok(
      !all.some(({ status, attributes }) => status === 'ok' && attributes?.method === 'GET'),
    );
  });

  test('a command in a machine', async () => {
    const url = `${stage.url.replace('http', 'ws')}/v1/agents/desk/exec`;
    const status = await new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('open', () => reject(new Error('let in without a token')));
      socket.on('error', () => undefined);
    });
    assert.equal(status, 401);
    const refused = await newest({ kind: 'exec.run', status: 'refused' });
    assert.deepEqual([refused.agent, refused.error?.code], ['desk', 'token_missing']);
    stage.machines.exec = async () => {
      const command = new PassThrough();
      command.end(encodeFrame(EXEC_FRAME.exit, Buffer.from('{"exitCode":3,"signal":null}')));
      return command;
    };
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${stage.token}` } });
    socket.on('open', () => socket.send(JSON.stringify({ argv: ['printenv', 'A_SECRET_WORD'] })));
    await once(socket, 'close', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const ran = (await found({ kind: 'exec.run', agent: 'desk' }, { count: 2 })).find(
      ({ completedSeq }) => completedSeq !== undefined,
    );
    assert.deepEqual(
      [ran?.status, ran?.attributes?.program, ran?.attributes?.exitCode],
      ['ok', 'printenv', 3],
    );
    assert.match(ran?.machine ?? '', /^mch_/);
    assert.ok(!JSON.stringify(ran?.attributes).includes('A_SECRET_WORD'));
  });
});

describe('events are read', () => {
  test('by pages whose cursor stays good while events arrive', async () => {
    const ids: string[] = [];
    let cursor: string | undefined;
    const before = (await found({ limit: '1000' })).map(({ id }) => id);
    do {
      const query = new URLSearchParams({ limit: '7', ...(cursor !== undefined && { cursor }) });
      const { json } = await stage.call('GET', `/v1/events?${query}`);
      ids.push(...json.items.map(({ id }: EventResource) => id));
      cursor = json.nextCursor ?? undefined;
      await stage.client.createToken({ name: 'meanwhile', scopes: ['read'] });
    } while (cursor !== undefined);
    assert.equal(new Set(ids).size, ids.length, 'an event came twice');
    assert.deepEqual(
      before.filter((id) => !ids.includes(id)),
      [],
      'an event was left out',
    );
  });

  test('one by one with their content, which is an event itself', async () => {
    const { id } = await newest({ kind: 'agent.scale', status: 'ok' });
    const answer = await stage.call('GET', `/v1/events/${id}`);
    assert.deepEqual([answer.status, answer.json.id], [200, id]);
    const read = await newest({ kind: 'event.read' });
    assert.deepEqual([read.attributes?.event, read.status], [id, 'ok']);
    const missing = await stage.call('GET', '/v1/events/evt_none');
    assert.deepEqual([missing.status, missing.json.code], [404, 'event_not_found']);
  });

  test('as they happen, and from where a reader left off', async () => {
    const stop = new AbortController();
    const first: EventResource[] = [];
    const ids: string[] = [];
    const read = async (into: EventResource[], lastEventId?: string) => {
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const answer = await fetch(`${stage.url}/v1/events/watch?kind=token.create`, {
        headers: {
          authorization: `Bearer ${stage.token}`,
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        signal,
      });
      assert.equal(answer.status, 200);
      assert.ok(answer.body);
      let text = '';
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const message = text.slice(0, end);
          text = text.slice(end + 2);
          const id = /^id: (\d+)$/m.exec(message)?.[1];
          const data = /^data: (.*)$/m.exec(message)?.[1];
          if (id === undefined || data === undefined) continue;
          ids.push(id);
          into.push(JSON.parse(data));
        }
      }
    };
    const reading = read(first).catch(() => undefined);
    await waitUntil(
      async () => {
        await stage.client.createToken({ name: 'watched', scopes: ['read'] });
        return first.some(({ status }) => status === 'ok');
      },
      { timeoutMs: TIMEOUT_MS, intervalMs: 200 },
    );
    stop.abort();
    await reading;
    assert.ok(first.length > 0, 'nothing was seen');
    const last = ids.at(-1);
    const token = await stage.client.createToken({ name: 'while away', scopes: ['read'] });
    const again: EventResource[] = [];
    const resumed = new AbortController();
    const taken = (async () => {
      const answer = await fetch(`${stage.url}/v1/events/watch?kind=token.create`, {
        headers: { authorization: `Bearer ${stage.token}`, 'last-event-id': last ?? '' },
        signal: AbortSignal.any([resumed.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      assert.ok(answer.body);
      let text = '';
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text.includes(token.id)) break;
      }
      for (const [, data] of text.matchAll(/^data: (.*)$/gm)) again.push(JSON.parse(data ?? ''));
    })();
    await taken;
    resumed.abort();
    assert.ok(
      again.every(({ seq, completedSeq }) => Math.max(seq, completedSeq ?? 0) > Number(last)),
    );
    const wrong = await stage.call('GET', '/v1/events/watch', {
      headers: { 'last-event-id': 'x' },
    });
    assert.deepEqual([wrong.status, wrong.json.code], [400, 'last_event_id_invalid']);
  });

  test('with terms that are understood, or named where they are wrong', async () => {
    const cases = [
      ['agnet=desk', 'request_invalid', /unknown key "agnet"; did you mean "agent"/],
      ['since=1h&until=2h', 'request_invalid', /not before until/],
      ['since=yesterday', 'request_invalid', /since/],
      ['limit=5000', 'request_invalid', /at most 1000/],
      ['cursor=nonsense', 'event_cursor_invalid', /cursor/],
      ['status=broken', 'request_invalid', /status/],
      ['run=xyz', 'request_invalid', /32 hexadecimal/],
    ] as const;
    for (const [query, code, message] of cases) {
      const answer = await stage.call('GET', `/v1/events?${query}`);
      assert.deepEqual([answer.status, answer.json.code], [400, code], query);
      assert.match(answer.json.detail, message);
    }
  });

  test('and a run as a tree; one that never was is not found', async () => {
    const answer = await stage.call('GET', `/v1/runs/${'0'.repeat(31)}1`);
    assert.deepEqual([answer.status, answer.json.code], [404, 'run_not_found']);
  });

  test('by a token for just that, which may do nothing else', async () => {
    const auditor = await stage.client.createToken({ name: 'auditor', scopes: ['audit'] });
    const options = { token: auditor.value };
    assert.equal((await stage.call('GET', '/v1/events', options)).status, 200);
    assert.equal((await stage.call('GET', '/v1/audit', options)).status, 200);
    assert.equal((await stage.call('GET', '/v1/agents', options)).status, 403);
    assert.equal((await stage.call('GET', '/v1/audit/retention', options)).status, 403);
    assert.equal((await stage.call('POST', '/v1/events', { ...options, body: '{}' })).status, 403);
  });
});

describe('events are taken from outside', () => {
  const send = (body: string | Buffer, headers: Record<string, string>) =>
    stage.call('POST', '/v1/events', { body: body as string, headers });
  const NDJSON = { 'content-type': 'application/x-ndjson' };

  test('line by line, once each, compressed or not; what is wrong is named', async () => {
    const lines = [1, 2, 3]
      .map((n) => JSON.stringify({ id: `app-${n}`, kind: 'program.step', attributes: { n } }))
      .concat('{"kind": 7}', 'no json')
      .join('\n');
    const first = await send(lines, NDJSON);
    assert.equal(first.status, 200, first.text);
    const report: IngestReport = first.json;
    assert.deepEqual([report.accepted, report.duplicates, report.rejected], [3, 0, 2]);
    assert.deepEqual(
      report.problems.map(({ line }) => line),
      [4, 5],
    );
    const again = await fetch(`${stage.url}/v1/events`, {
      method: 'POST',
      headers: {
        ...NDJSON,
        authorization: `Bearer ${stage.token}`,
        'content-encoding': 'gzip',
      },
      body: gzipSync(lines),
    });
    const repeated = (await again.json()) as IngestReport;
    assert.deepEqual([repeated.accepted, repeated.duplicates], [0, 3]);
    const events = await found({ kind: 'program.step' }, { count: 3 });
    assert.equal(events.length, 3);
    assert.equal(events[0]?.actor.name, 'root');
  });

  test('of a known type, not larger than it may be, not larger than it says', async () => {
    const text = await send('{}', { 'content-type': 'text/plain' });
    assert.deepEqual([text.status, text.json.code], [415, 'body_type_unsupported']);
    const notGzip = await send('{}', { ...NDJSON, 'content-encoding': 'gzip' });
    assert.deepEqual([notGzip.status, notGzip.json.code], [400, 'body_malformed']);
    const brotli = await send('{}', { ...NDJSON, 'content-encoding': 'br' });
    assert.deepEqual([brotli.status, brotli.json.code], [415, 'body_type_unsupported']);
    const bomb = await fetch(`${stage.url}/v1/events`, {
      method: 'POST',
      headers: {
        ...NDJSON,
        authorization: `Bearer ${stage.token}`,
        'content-encoding': 'gzip',
      },
      body: gzipSync(Buffer.alloc(17 * 1024 * 1024, 'x')),
    });
    assert.equal(bomb.status, 413);
    const codes = async () =>
      (await found({ kind: 'event.ingest', status: 'refused' })).map(({ error }) => error?.code);
    const isTold = async () => (await codes()).includes('body_too_large');
    assert.ok(await waitUntil(isTold, { timeoutMs: TIMEOUT_MS }));
  });

  test('as spans, answered as OTLP says', async () => {
    const trace = (name: string, spanId: string) => ({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  ...{ traceId: 'ab'.repeat(16), spanId, name },
                  startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
                  endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n + 5_000n),
                },
              ],
            },
          ],
        },
      ],
    });
    const taken = await stage.call('POST', '/v1/traces', { body: trace('step', 'cd'.repeat(8)) });
    assert.equal(taken.status, 200, taken.text);
    assert.deepEqual(taken.json, {});
    const part = await stage.call('POST', '/v1/traces', { body: trace('step', 'zz') });
    assert.equal(part.status, 200, part.text);
    assert.equal(part.json.partialSuccess.rejectedSpans, '1');
    await waitUntil(
      async () => (await stage.call('GET', `/v1/runs/${'ab'.repeat(16)}`)).status === 200,
      { timeoutMs: TIMEOUT_MS },
    );
    const run = await stage.call('GET', `/v1/runs/${'ab'.repeat(16)}`);
    assert.deepEqual([run.json.id, run.json.events], ['ab'.repeat(16), 1]);
    const empty = await fetch(`${stage.url}/v1/traces`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stage.token}`,
        'content-type': 'application/x-protobuf',
      },
      body: new Uint8Array(0),
    });
    assert.deepEqual(
      [empty.status, empty.headers.get('content-type'), (await empty.bytes()).length],
      [200, 'application/x-protobuf', 0],
    );
  });
});

describe('the log as a whole', () => {
  test('its state, key, checkpoint and tiles are there for others to verify', async () => {
    const key = await stage.call('GET', '/v1/audit/key');
    assert.match(key.text, /^swarm-[0-9a-f]{8}\+[0-9a-f]{8}\+\S+\n?$/);
    const checkpoint = await stage.call('GET', '/v1/audit/checkpoint');
    assert.equal(checkpoint.headers.get('content-type'), 'text/plain; charset=utf-8');
    const [origin, size] = checkpoint.text.split('\n');
    const status = await stage.call('GET', '/v1/audit');
    assert.deepEqual(
      [status.json.available, status.json.origin, status.json.key, status.json.reason],
      [true, origin, key.text.trim(), null],
    );
    assert.ok(status.json.size >= Number(size));
    const published = await stage.call('GET', '/v1/audit/tiles/checkpoint');
    assert.equal(published.text.split('\n')[0], origin);
    const width = Number(published.text.split('\n')[1]) % 256;
    const tile = await stage.call('GET', `/v1/audit/tiles/tile/0/000.p/${width}`);
    assert.deepEqual([tile.status, tile.headers.get('cache-control')], [200, 'no-store']);
    for (const path of ['tile/9/000', 'tile/0/../key', '%2e%2e%2fkey', 'key', 'segments'])
      assert.equal((await stage.call('GET', `/v1/audit/tiles/${path}`)).status, 404, path);
  });

  test('a proof, an export and a new index, each of them an event', async () => {
    const { id } = await newest({ kind: 'agent.scale', status: 'ok' });
    const proof = await stage.call('GET', `/v1/audit/proof?event=${id}`);
    assert.equal(proof.status, 200, proof.text);
    assert.equal((await newest({ kind: 'audit.prove' })).attributes?.event, id);
    const exported = await stage.call('GET', '/v1/audit/export?format=jsonl&kind=agent.scale');
    assert.equal(exported.status, 200, exported.text);
    assert.equal(exported.headers.get('content-type'), 'application/x-tar');
    assert.match(exported.text, /manifest\.json/);
    const event = await newest({ kind: 'audit.export' });
    assert.deepEqual(event.attributes?.terms, { kind: 'agent.scale' });
    const reindexed = await stage.call('POST', '/v1/audit/reindex', { body: {} });
    assert.equal(reindexed.status, 200, reindexed.text);
    assert.ok(reindexed.json.entries > 0);
    assert.equal((await newest({ kind: 'audit.reindex' })).status, 'ok');
  });

  test('how long it is kept, and what is held, are set and recorded', async () => {
    const rule = { agent: 'desk', keepPayloadsDays: 30, keepEventsDays: null };
    const set = await stage.call('POST', '/v1/audit/retention', { body: rule });
    assert.equal(set.status, 200, set.text);
    assert.equal((await newest({ kind: 'audit.retention_set' })).actor.name, 'root');
    const hold = await stage.call('POST', '/v1/audit/holds', {
      body: { name: 'case-1', reason: 'asked for', agent: 'desk' },
    });
    assert.equal(hold.status, 201, hold.text);
    const { items } = (await stage.call('GET', '/v1/audit/holds')).json;
    assert.deepEqual(
      items.map(({ name }: { name: string }) => name),
      ['case-1'],
    );
    assert.equal((await stage.call('DELETE', '/v1/audit/holds/case-1')).status, 204);
    assert.equal((await stage.call('DELETE', '/v1/audit/holds/case-1')).status, 404);
    assert.equal((await stage.call('DELETE', '/v1/audit/retention?agent=desk')).status, 204);
    const placed = await newest({ kind: 'audit.hold_placed' });
    assert.equal(placed.request, hold.headers.get('swarm-request-id'));
  });
});

// Last: it uses up what is told of one address for a minute.
test('a flood becomes a few events and a number', async () => {
  for (let n = 0; n < 200; n++) await stage.call('DELETE', '/v1/agents/flooded', { token: null });
  const events = await found({ kind: 'agent.delete', agent: 'flooded', limit: '1000' });
  assert.ok(events.length <= 30, `${events.length} events`);
});
