/** The official client of the Model Context Protocol against its reference server, metered between. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { waitUntil } from '../../src/base/wait.ts';
import { type EverythingServer, startEverythingServer } from './providers/everything-server.ts';
import {
  type ForwardedCall,
  type MeteringForwarder,
  startMeteringForwarder,
} from './providers/metering-forwarder.ts';

const HOST = 'tools.example.com';

async function endOf(call: ForwardedCall | undefined): Promise<ForwardedCall['end']> {
  await waitUntil(() => call?.end !== undefined, { timeoutMs: 5000, intervalMs: 5 });
  return call?.end;
}

const lastTool = (way: MeteringForwarder, tool: string) =>
  way.calls.findLast(({ metered }) => metered?.request.tool === tool);

describe('streamable HTTP', () => {
  let server: EverythingServer;
  let way: MeteringForwarder;
  let client: Client;

  before(async () => {
    server = await startEverythingServer('streamableHttp');
    way = await startMeteringForwarder({ upstreamPort: server.port, host: HOST });
    client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${way.origin}/mcp`)));
  });

  after(async () => {
    await client?.close();
    await way?.close();
    await server?.close();
  });

  test('every request is one of the protocol', async () => {
    await client.listTools();
    const calls = way.calls.map(({ metered }) => metered);
    assert.ok(calls.every((metered) => metered?.request.operation === 'mcp'));
    assert.ok(calls.every((metered) => metered?.request.provider === HOST));
    const methods = calls.flatMap((metered) => metered?.mcp?.methods ?? []);
    for (const method of ['initialize', 'notifications/initialized', 'tools/list'])
      assert.ok(methods.includes(method), method);
    const listed = calls.find((metered) => metered?.mcp?.methods[0] === 'tools/list');
    assert.match(listed?.mcp?.sessionId ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(listed?.request.tool, undefined);
  });

  test('a call of a tool has its name, and did not fail', async () => {
    const answer = await client.callTool({ name: 'echo', arguments: { message: 'hé 😀' } });
    assert.deepEqual(answer.content, [{ type: 'text', text: 'Echo: hé 😀' }]);
    const call = lastTool(way, 'echo');
    const id = call?.metered?.mcp?.requestIds[0];
    assert.equal(typeof id, 'number');
    assert.deepEqual(await endOf(call), { toolCalls: [{ id, tool: 'echo', failed: false }] });
  });

  test('a call with wrong arguments, and one of a tool that is not there, failed', async () => {
    for (const [name, args] of [
      ['get-sum', { a: 'x' }],
      ['no-such-tool', {}],
    ] as const) {
      const answer = await client.callTool({ name, arguments: args }).catch(() => undefined);
      assert.ok(answer === undefined || answer.isError === true);
      const call = lastTool(way, name);
      assert.equal((await endOf(call))?.toolCalls?.[0]?.failed, true, name);
    }
  });

  test('large results pass unchanged', async () => {
    const answer = await client.callTool({ name: 'get-tiny-image', arguments: {} });
    assert.ok(JSON.stringify(answer.content).includes('image/png'));
    assert.equal((await endOf(lastTool(way, 'get-tiny-image')))?.toolCalls?.[0]?.failed, false);
  });
});

describe('the older pair of an event stream and POSTs', () => {
  let server: EverythingServer;
  let way: MeteringForwarder;
  let client: Client;

  before(async () => {
    server = await startEverythingServer('sse');
    way = await startMeteringForwarder({ upstreamPort: server.port, host: HOST });
    client = new Client({ name: 'test', version: '1' });
    await client.connect(new SSEClientTransport(new URL(`${way.origin}/sse`)));
  });

  after(async () => {
    await client?.close();
    await way?.close();
    await server?.close();
  });

  test('the POST names the tool; its result comes over the stream', async () => {
    await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
    const call = lastTool(way, 'echo');
    const id = call?.metered?.mcp?.requestIds[0];
    assert.deepEqual(await endOf(call), { toolCalls: [{ id, tool: 'echo' }] });
    const failed = await client
      .callTool({ name: 'no-such-tool', arguments: {} })
      .catch(() => ({ isError: true }));
    assert.equal(failed.isError, true);
    const failedId = lastTool(way, 'no-such-tool')?.metered?.mcp?.requestIds[0];
    await client.close();
    const stream = way.calls.find(({ head }) => head.method === 'GET');
    assert.equal(stream?.metered?.request.operation, 'mcp');
    const results = (await endOf(stream))?.toolCalls ?? [];
    assert.ok(results.some(({ id: of, failed: did }) => of === failedId && did === true));
  });
});
