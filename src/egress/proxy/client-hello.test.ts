import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { parseClientHello } from './client-hello.ts';

/** What a real client says first. */
function realHello(servername: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', reject);
      socket.once('data', (bytes: Buffer) => {
        socket.destroy();
        server.close(() => resolve(bytes));
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      connect({ port: address.port, host: '127.0.0.1', servername }).on('error', () => undefined);
    });
  });
}

test('the name of a real hello is read, and of each of its beginnings nothing', async () => {
  const hello = await realHello('api.example.com');
  assert.deepEqual(parseClientHello(hello), { state: 'hello', serverName: 'api.example.com' });
  for (let size = 0; size < hello.length; size++)
    assert.deepEqual(parseClientHello(hello.subarray(0, size)), { state: 'more' }, `${size}`);
});

test('a hello in many records is read as in one', async () => {
  const hello = await realHello('api.example.com');
  const body = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < body.length; at += 100) {
    const part = body.subarray(at, at + 100);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  const parsed = parseClientHello(Buffer.concat(records));
  assert.deepEqual(parsed, { state: 'hello', serverName: 'api.example.com' });
});

test('nothing makes it throw or read on without end', async () => {
  const hello = await realHello('api.example.com');
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(hello);
      bytes[at] = byte;
      assert.ok(['more', 'bad', 'hello'].includes(parseClientHello(bytes).state));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.ok(['more', 'bad', 'hello'].includes(parseClientHello(Buffer.from(bytes)).state));
    }),
  );
});
