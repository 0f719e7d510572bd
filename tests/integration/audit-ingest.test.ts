/** Events from outside, through the API of a real swarmd with a real log; only machines are fakes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { auditStatus } from '../../src/contracts/audit-status.ts';
import { findConnection } from '../../src/contracts/client.ts';
import { startSwarmdWithFakes } from './swarmd-with-fakes.ts';

const RECORDED = join(
  import.meta.dirname,
  '../../src/audit/ingest/fixtures/langgraph-openllmetry.otlp',
);
const RUN = '0af7651916cd43dd8448eb211c80319c';

test('events sent twice are taken once, also after a crash in between, and spans make one run', async () => {
  const swarmd = await startSwarmdWithFakes();
  try {
    const call = async (path: string, sent?: { type: string; body: string | Buffer }) => {
      const { url, token } = await findConnection({ home: swarmd.home, env: {} });
      return fetch(new URL(path, url), {
        headers: { authorization: `Bearer ${token}`, ...(sent && { 'content-type': sent.type }) },
        ...(sent && { method: 'POST', body: sent.body as string }),
        signal: AbortSignal.timeout(30_000),
      });
    };
    const lines = async (body: string) =>
      (await (await call('/v1/events', { type: 'application/x-ndjson', body })).json()) as object;
    const line = `${JSON.stringify({
      ...{ id: 'order-7', kind: 'program.order_shipped', agent: 'shop', tool: 'post' },
      ...{ payload: { request: 'to ann@example.com' }, attributes: { parcels: [1, { kg: 2 }] } },
    })}\n`;
    const spans = await readFile(RECORDED);
    const trace = () => call('/v1/traces', { type: 'application/x-protobuf', body: spans });
    const taken = { accepted: 1, duplicates: 0, rejected: 0, problems: [] };

    assert.deepEqual(await lines(line), taken);
    assert.deepEqual(await lines(line), { ...taken, accepted: 0, duplicates: 1 });
    assert.equal((await trace()).status, 200);
    await swarmd.restart('SIGKILL');
    // 503 until the index has what was written before the crash: then repeats are known.
    const taking = (send: () => Promise<Response>) =>
      waitUntil(
        async () => {
          const answer = await send();
          return answer.status === 503 ? undefined : answer;
        },
        { timeoutMs: 30_000 },
      );
    const again = await taking(() =>
      call('/v1/events', { type: 'application/x-ndjson', body: line }),
    );
    assert.deepEqual(await again?.json(), { ...taken, accepted: 0, duplicates: 1 });
    const repeated = await taking(trace);
    assert.equal(repeated?.status, 200);
    assert.equal((await repeated?.arrayBuffer())?.byteLength, 0);
    const other = (await lines(line.replace('"post"', '"mail"'))) as {
      problems: { code: string }[];
    };
    assert.equal(other.problems[0]?.code, 'event_id_conflict');

    const caughtUp = await waitUntil(
      async () => {
        const { size, indexed } = auditStatus.parse(await (await call('/v1/audit')).json());
        return indexed >= size ? true : undefined;
      },
      { timeoutMs: 30_000 },
    );
    assert.equal(caughtUp, true);
    const run = (await (await call(`/v1/runs/${RUN}`)).json()) as {
      tokens: object;
      events: number;
    };
    assert.deepEqual(run.tokens, { input: 40, output: 10 });
    assert.equal(run.events, 10);
    const event = (await (await call('/v1/events/order-7')).json()) as {
      content: { request: { body: string } };
    };
    assert.equal(event.content.request.body, 'to [redacted:email]');
  } finally {
    await swarmd.remove();
  }
});

test('what cannot be taken is refused with a code, and nothing else is lost', async () => {
  const swarmd = await startSwarmdWithFakes();
  try {
    const { url, token } = await findConnection({ home: swarmd.home, env: {} });
    const send = async (path: string, type: string, body: string | Buffer) => {
      const answer = await fetch(new URL(path, url), {
        ...{ method: 'POST', body: body as string, signal: AbortSignal.timeout(30_000) },
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
      });
      return { status: answer.status, body: (await answer.json()) as { code?: string } };
    };
    const wrong = await send('/v1/traces', 'application/json', '{"resourceSpans":1}');
    assert.deepEqual([wrong.status, wrong.body.code], [400, 'otlp_body_invalid']);
    const mixed = await send(
      '/v1/events',
      'application/x-ndjson',
      '{"id":"good"}\n{"id":"late","time":"2999-01-01T00:00:00Z"}\n{"agnet":"x"}\n\u0000\n{}',
    );
    assert.equal(mixed.status, 200);
    const { accepted, problems } = mixed.body as never as {
      accepted: number;
      problems: { line: number; code: string }[];
    };
    assert.equal(accepted, 2);
    assert.deepEqual(
      problems.map(({ line, code }) => `${line} ${code}`),
      ['2 event_time_invalid', '3 event_invalid', '4 event_json_invalid'],
    );
  } finally {
    await swarmd.remove();
  }
});
