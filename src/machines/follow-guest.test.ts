/** What a hostile or broken guestd can do to the host: cost a little time, and be told of. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { SwarmError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { sleep, waitUntil } from '../base/wait.ts';
import type { GuestEvent } from '../contracts/guest.ts';
import { followGuest } from './follow-guest.ts';
import { createGuestClient, type GuestClient } from './guest-client.ts';
import { createLogStore, type LogStore } from './log-store.ts';

let logsDir: string;
let logs: LogStore;
let server: Server;
let client: GuestClient;
let serve: RequestListener;

beforeEach(async () => {
  logsDir = await mkdtemp(join(tmpdir(), 'swarm-follow-'));
  logs = createLogStore({ logsDir });
  server = createServer((request, response) => serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = { host: '127.0.0.1', port };
  client = createGuestClient({ machineId: 'm', endpoint, token: 'token' });
});
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  server.close();
  await rm(logsDir, { recursive: true });
});

const logLine = (seq: number, text = `line ${seq}`) =>
  `${JSON.stringify({ type: 'line', seq, time: '2026-01-01T00:00:00Z', stream: 'stdout', text, partial: false })}\n`;

async function kept(): Promise<string[]> {
  const found: string[] = [];
  for await (const record of logs.query('m', {})) found.push(`${record.stream}: ${record.text}`);
  return found;
}

/** Follows while `act` runs; gives the events. */
async function following(act: (events: GuestEvent[]) => Promise<unknown>): Promise<GuestEvent[]> {
  const over = new AbortController();
  const events: GuestEvent[] = [];
  const done = followGuest({
    machineId: 'm',
    client,
    logs,
    log: silentLogger,
    signal: over.signal,
    onEvent: (event) => events.push(event),
  });
  try {
    await act(events);
  } finally {
    over.abort();
    await done;
  }
  return events;
}

const PATIENCE = { timeoutMs: 10_000, intervalMs: 5 };

test('a broken connection is taken up where it was', async () => {
  const asked: string[] = [];
  serve = (request, response) => {
    const url = new URL(request.url ?? '', 'http://guest');
    if (!url.pathname.endsWith('/logs')) return void response.end();
    const after = Number(url.searchParams.get('after'));
    asked.push(url.search);
    // A line twice, one at a time, then the connection breaks in the middle of the next.
    response.write(after === 0 ? '' : logLine(after));
    response.write(logLine(after + 1));
    response.write(logLine(after + 2).slice(0, 20), () => response.destroy());
  };
  await following(() => waitUntil(async () => (await kept()).length >= 3, PATIENCE));
  const lines = await kept();
  assert.deepEqual(lines.slice(0, 3), ['stdout: line 1', 'stdout: line 2', 'stdout: line 3']);
  assert.ok(asked.includes('?after=0&follow=true') && asked.includes('?after=1&follow=true'));
});

test('lost lines are told in the log', async () => {
  serve = (request, response) => {
    if (!request.url?.startsWith('/v1/logs')) return void response.end();
    response.write(logLine(1));
    response.write('{"type":"lost","seq":41,"count":40}\n');
    response.write(logLine(42));
  };
  await following(() => waitUntil(async () => (await kept()).length === 3, PATIENCE));
  assert.deepEqual(await kept(), [
    'stdout: line 1',
    'system: 40 lines were lost.',
    'stdout: line 42',
  ]);
});

for (const [title, nonsense] of [
  ['a line of another shape', '{"type":"line","seq":"one"}\n'],
  ['a text that is too long', logLine(2, 'x'.repeat(20_000))],
  ['no JSON', '\u0000\u0001{{{\n'],
  ['a negative count', logLine(-5)],
] as const)
  test(`${title} ends the connection and is told in the log`, async () => {
    let connections = 0;
    serve = (request, response) => {
      if (!request.url?.startsWith('/v1/logs')) return void response.end();
      connections++;
      response.write(logLine(1));
      response.write(nonsense);
      response.write(logLine(3));
    };
    await following(() => waitUntil(() => connections >= 3, PATIENCE));
    const lines = await kept();
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.equal(lines[0], 'stdout: line 1');
    assert.match(lines[1] ?? '', /^system: .*not valid/);
  });

test('a line without an end is not collected without end', async () => {
  let sent = 0;
  let closed = 0;
  serve = (_request, response) => {
    const more = () => {
      do sent += 65_536;
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    response.on('close', () => closed++);
    more();
  };
  const before = process.memoryUsage().rss;
  await following(() => waitUntil(() => closed >= 4, PATIENCE));
  assert.ok(closed >= 4 && sent > 0);
  assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
  assert.deepEqual(await kept(), []);
});

test('a flood of lines is read slowly and kept within bounds', async () => {
  logs = createLogStore({ logsDir, segmentBytes: 100_000, segments: 3 });
  let seq = 0;
  let sent = 0;
  serve = (request, response) => {
    if (!request.url?.startsWith('/v1/logs')) return void response.end();
    const more = () => {
      for (let open = true; open && !response.destroyed; ) {
        const text = logLine(++seq, 'y'.repeat(1_000));
        sent += text.length;
        open = response.write(text);
      }
    };
    response.on('drain', more);
    more();
  };
  await following(() => sleep(1_500));
  let bytes = 0;
  for (const name of await readdir(join(logsDir, 'm')))
    bytes += (await stat(join(logsDir, 'm', name))).size;
  assert.ok(bytes < 1_000_000, `${bytes} bytes are kept`);
  assert.ok(sent < 40_000_000, `${sent} bytes were taken`);
});

test('events: what is not allowed is not told, and what was told is not told again', async () => {
  serve = (request, response) => {
    if (!request.url?.startsWith('/v1/events')) return void response.end();
    const time = '2026-01-01T00:00:00Z';
    response.write(`${JSON.stringify({ type: 'listening', seq: 1, time, ports: [80] })}\n`);
    response.write('{"type":"ping"}\n');
    response.end(`${JSON.stringify({ type: 'listening', seq: 2, time, ports: [70_000] })}\n`);
  };
  const events = await following(async (seen) => {
    await waitUntil(() => seen.length > 0, PATIENCE);
    await sleep(500);
  });
  assert.deepEqual(
    events.map((event) => (event.type === 'ping' ? 0 : event.seq)),
    [1],
  );
});

test('answers: a refusal, nonsense, too much and silence each have a code', async () => {
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => (error instanceof SwarmError ? error.code : String(error)),
    );
  const limits = { timeoutMs: 1_000 };
  serve = (_request, response) => {
    response.statusCode = 409;
    response.end('{"error":{"code":"process_running","message":"it runs"}}');
  };
  assert.equal(await codeOf(client.status(limits)), 'guest_refused');
  serve = (_request, response) => void response.end('{"version":"x"}');
  assert.equal(await codeOf(client.status(limits)), 'guest_answer_invalid');
  serve = (_request, response) => void response.end('<html>');
  assert.equal(await codeOf(client.status(limits)), 'guest_unreachable');
  serve = (_request, response) => void response.end(Buffer.alloc(10 * 2 ** 20, ' '));
  assert.equal(await codeOf(client.status(limits)), 'guest_unreachable');
  serve = () => undefined;
  assert.equal(await codeOf(client.status({ timeoutMs: 100 })), 'guest_unreachable');
});
