import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { readJsonBody } from './read-body.ts';
import { readBytes } from './read-bytes.ts';

const reads: [name: string, read: (request: IncomingMessage) => Promise<unknown>][] = [
  ['JSON', (request) => readJsonBody(request, { maxBytes: 1_000, timeoutMs: 60_000 })],
  ['bytes', (request) => readBytes(request, { maxBytes: 1_000 })],
];
for (const [name, read] of reads)
  test(`${name} whose sender goes away is no fault of swarmd's`, async (t) => {
    const refused = Promise.withResolvers<void>();
    const server = createServer((request) => {
      assert.rejects(read(request), GONE).then(refused.resolve, refused.reject);
      sender.resetAndDestroy();
    });
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sender = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sender.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"a":');
    await refused.promise;
  });

const GONE = { code: 'body_malformed', message: 'The body ended before its end.' };
