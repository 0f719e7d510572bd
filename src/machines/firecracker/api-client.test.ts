import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openFirecrackerApi } from './api-client.ts';
import { stateRequest } from './boot-requests.ts';

let root: string;
let server: Server | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'swarm-api-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(root, { recursive: true, force: true });
});

async function serve(handle: RequestListener, name = 'api.sock'): Promise<void> {
  server = createServer(handle);
  await new Promise<void>((resolve) => server?.listen(join(root, name), resolve));
}

async function fails(expected: { code: string; message?: RegExp }): Promise<void> {
  const api = openFirecrackerApi(root, { answerTimeoutMs: 300 });
  await assert.rejects(api.state(), expected);
  await api.close();
}

test('a fault is told in Firecracker’s words', async () => {
  await serve((_request, response) => {
    response.writeHead(400).end('{"fault_message":"The microVM is not there."}');
  });
  await fails({ code: 'firecracker_refused', message: /GET \/: The microVM is not there\./ });
});

test('a request arrives as JSON, and no content is no answer', async () => {
  let seen = '';
  await serve(async (request, response) => {
    seen = `${request.method} ${request.url} ${request.headers['content-type']} `;
    for await (const chunk of request) seen += chunk;
    response.writeHead(204).end();
  });
  const api = openFirecrackerApi(root);
  assert.equal(await api.send(stateRequest('Paused')), undefined);
  await api.close();
  assert.equal(seen, 'PATCH /vm application/json {"state":"Paused"}');
});

test('before the socket is there, the system’s own error says so', async () => {
  await fails({ code: 'ENOENT' });
});

test('a VMM that was taken over can neither keep swarmd waiting nor fill it', async () => {
  const answers: RequestListener[] = [
    () => undefined,
    (_request, response) => void response.writeHead(200).write('{'),
    (_request, response) => {
      response.writeHead(200);
      response.end(`{"state":"${'x'.repeat(1024 * 1024)}"}`);
    },
    (_request, response) => void response.end('{"state":"Melted"}'),
    (_request, response) => void response.end('no JSON'),
    (request) => void request.socket.end('garbage\r\n\r\n'),
    (request) => void request.socket.destroy(),
  ];
  for (const answer of answers) {
    await serve(answer);
    await fails({ code: 'vmm_unresponsive' });
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  }
});

test('a link in the socket’s place is not followed', async () => {
  let requests = 0;
  const count: RequestListener = (_request, response) => {
    requests += 1;
    response.end('{"state":"Running"}');
  };
  await serve(count, 'other.sock');
  symlinkSync('other.sock', join(root, 'api.sock'));
  await fails({ code: 'vmm_unresponsive' });
  assert.equal(requests, 0);
});
