import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MeteredCall, meterCall, needsBody, type ToolCall } from './metering.ts';

const CALL = { host: 'tools.example.com', port: 443, scheme: 'https', path: '/mcp' } as const;
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

function post(body: unknown, headers: Record<string, string> = HEADERS): MeteredCall | undefined {
  return meterCall({
    ...{ ...CALL, method: 'POST', headers },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
}

const request = (id: unknown, method: string, params: unknown = {}) => ({
  ...{ jsonrpc: '2.0', method, params },
  ...(id !== undefined && { id }),
});
const result = (id: unknown, value: unknown) => ({ jsonrpc: '2.0', id, result: value });

function answered(
  metered: MeteredCall | undefined,
  {
    text,
    type = 'application/json',
    status = 200,
  }: { text: string; type?: string; status?: number },
): readonly ToolCall[] | undefined {
  metered?.tap.head(status, { 'content-type': type });
  const bytes = Buffer.from(text);
  assert.equal(metered?.tap.chunk(bytes), bytes);
  return metered?.tap.end().toolCalls;
}

test('a call of a tool has its name, and the session', () => {
  const metered = post(request(7, 'tools/call', { arguments: { name: 'not it' }, name: 'echo' }), {
    ...HEADERS,
    'mcp-session-id': 'ses-1',
  });
  assert.deepEqual(metered?.request, {
    provider: 'tools.example.com',
    operation: 'mcp',
    tool: 'echo',
  });
  assert.deepEqual(metered?.mcp, {
    methods: ['tools/call'],
    requestIds: [7],
    tools: ['echo'],
    sessionId: 'ses-1',
  });
});

test('whether it failed, the answer says: as JSON or in a stream', () => {
  const call = () => post(request('a', 'tools/call', { name: 'echo' }));
  const stream = (message: unknown) =>
    `event: message\ndata: ${JSON.stringify(request(undefined, 'notifications/progress'))}\n\ndata: ${JSON.stringify(request('a', 'sampling/createMessage'))}\n\ndata: ${JSON.stringify(message)}\n\n`;
  for (const [message, failed] of [
    [result('a', { content: [] }), false],
    [result('a', { content: [], isError: false }), false],
    [result('a', { content: [], isError: true }), true],
    [{ jsonrpc: '2.0', id: 'a', error: { code: -32602, message: 'x' } }, true],
  ] as const) {
    const expected = [{ id: 'a', tool: 'echo', failed }];
    assert.deepEqual(answered(call(), { text: JSON.stringify(message) }), expected);
    const type = 'text/event-stream';
    assert.deepEqual(answered(call(), { text: stream(message), type }), expected);
  }
});

test('without a result it is not known; an HTTP error is a failure', () => {
  const call = () => post(request(1, 'tools/call', { name: 'echo' }));
  assert.deepEqual(answered(call(), { text: 'Accepted', status: 202 }), [{ id: 1, tool: 'echo' }]);
  assert.deepEqual(answered(call(), { text: JSON.stringify(result(2, {})) }), [
    { id: 1, tool: 'echo' },
  ]);
  assert.deepEqual(answered(call(), { text: 'no', status: 500 }), [
    { id: 1, tool: 'echo', failed: true },
  ]);
});

test('a batch has all of its tools', () => {
  const metered = post([
    request(1, 'tools/call', { name: 'a' }),
    request(2, 'tools/list'),
    request(3, 'tools/call', { name: 'b' }),
  ]);
  assert.equal(metered?.request.tool, 'a');
  assert.deepEqual(metered?.mcp?.tools, ['a', 'b']);
  assert.deepEqual(metered?.mcp?.methods, ['tools/call', 'tools/list']);
  const text = JSON.stringify([result(3, { isError: true }), result(2, {}), result(1, {})]);
  assert.deepEqual(answered(metered, { text }), [
    { id: 1, tool: 'a', failed: false },
    { id: 3, tool: 'b', failed: true },
  ]);
});

test('other methods have no tool, notifications and answers no method of their own', () => {
  assert.deepEqual(post(request(0, 'initialize'))?.request, {
    provider: 'tools.example.com',
    operation: 'mcp',
  });
  assert.deepEqual(post(request(undefined, 'notifications/initialized'))?.mcp?.requestIds, []);
  assert.deepEqual(post(result(3, {}))?.mcp?.methods, []);
  assert.equal(answered(post(request(1, 'tools/list')), { text: '{}' }), undefined);
});

test('a stream that only listens tells how calls of other requests ended', () => {
  const metered = meterCall({ ...CALL, method: 'GET', headers: { accept: 'text/event-stream' } });
  assert.equal(metered?.request.operation, 'mcp');
  const text = `event: endpoint\ndata: /messages?sessionId=1\n\ndata: ${JSON.stringify(result(4, { isError: true }))}\n\n`;
  assert.deepEqual(answered(metered, { text, type: 'text/event-stream' }), [
    { id: 4, failed: true },
  ]);
});

test('other JSON-RPC, other JSON and other streams are plain calls', () => {
  assert.equal(post(request(1, 'eth_call', { name: 'x' })), undefined);
  assert.equal(post({ id: 1, method: 'tools/call' }), undefined);
  assert.equal(post('[]'), undefined);
  assert.equal(post('{"jsonrpc":"2.0","method":'), undefined);
  const plain = { ...CALL, path: '/api/orders', headers: { 'content-type': 'application/json' } };
  assert.equal(needsBody({ ...plain, method: 'POST' }), false);
  assert.equal(
    meterCall({ ...plain, method: 'GET', headers: { accept: 'text/event-stream' } }),
    undefined,
  );
});

test('the body is read where it may be one', () => {
  const head = { ...CALL, method: 'POST', headers: HEADERS };
  assert.equal(needsBody(head), true);
  assert.equal(needsBody({ ...head, path: '/anything' }), true);
  assert.equal(needsBody({ ...head, method: 'GET' }), false);
  const old = {
    ...head,
    path: '/messages?sessionId=x',
    headers: { 'content-type': HEADERS['content-type'] },
  };
  assert.equal(needsBody(old), true);
});

test('names and ids are bounded', () => {
  const long = post(request('i'.repeat(5000), 'tools/call', { name: 'n'.repeat(4000) }));
  assert.equal(long?.request.tool?.length, 200);
  assert.deepEqual(long?.mcp?.requestIds, []);
  const many = post(Array.from({ length: 500 }, (_, i) => request(i, 'tools/call', { name: 'a' })));
  assert.equal(many?.mcp?.tools.length, 100);
});
