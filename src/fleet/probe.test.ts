import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { HealthCheck } from './health.ts';
import { probe } from './probe.ts';

const GUEST_PORT = 8080;

async function listen(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function ask(
  hostPort: number | undefined,
  options: { check?: HealthCheck; listening?: readonly number[]; output?: string } = {},
) {
  return probe({
    check: options.check ?? { type: 'tcp', port: GUEST_PORT },
    listening: options.listening,
    machineId: 'm',
    process: { argv: [], env: {}, cwd: '/', user: '' },
    timeoutMs: 2_000,
    machines: {
      endpoint: (_id, port) =>
        hostPort !== undefined && port === GUEST_PORT
          ? { host: '127.0.0.1', port: hostPort }
          : undefined,
      run: async () => ({
        exitCode: options.output === undefined ? 0 : 1,
        signal: null,
        timedOut: false,
        output: options.output ?? '',
      }),
    },
  });
}

describe('a tcp check', () => {
  it('passes when the connection stays open', async (context) => {
    const port = await listen(
      context,
      createServer((socket) => socket.resume()),
    );
    assert.equal((await ask(port)).ok, true);
  });

  it('fails when the connection is accepted and closed at once, as user networking does', async (context) => {
    const port = await listen(
      context,
      createServer((socket) => socket.destroy()),
    );
    const result = await ask(port);
    assert.equal(result.ok, false);
    assert.equal(result.nobodyListens, true);
    const local = await ask(port, { listening: [GUEST_PORT] });
    assert.match(local.detail, /127\.0\.0\.1 only/);
  });

  it('names the ports that something does listen on', async () => {
    const result = await ask(1, { listening: [8000, 9000] });
    assert.equal(result.detail, 'nobody listens on port 8080; the process listens on 8000, 9000');
  });

  it('says when the host cannot reach the port', async () => {
    assert.match((await ask(undefined)).detail, /does not reach port 8080/);
  });
});

describe('an http check', () => {
  const check = { type: 'http', method: 'GET', path: '/ok', port: GUEST_PORT } as const;

  it('passes for 2xx and 3xx and says what else it got', async (context) => {
    let status = 204;
    const port = await listen(
      context,
      createHttpServer((_request, response) => response.writeHead(status).end('x')),
    );
    assert.equal((await ask(port, { check })).ok, true);
    status = 302;
    assert.equal((await ask(port, { check })).ok, true);
    status = 503;
    assert.deepEqual(await ask(port, { check }), { ok: false, detail: 'GET /ok answered 503' });
  });

  it('survives an answer that is no HTTP', async (context) => {
    const port = await listen(
      context,
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.end('SSH-2.0-nonsense\r\n');
      }),
    );
    assert.equal((await ask(port, { check })).ok, false);
  });
});

describe('a command check', () => {
  const check = { type: 'command', argv: ['check'] } as const;

  it('passes with code 0 and shows what a failing one said', async () => {
    assert.equal((await ask(undefined, { check })).ok, true);
    const failed = await ask(undefined, { check, output: 'database is down\n' });
    assert.equal(failed.detail, 'the health command ended with code 1: database is down');
  });
});
