import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { closeServer, createHttpServer, type HttpServerOptions, listen } from './http-server.ts';

test('a caller that resets its connection while its upgrade is looked at ends nothing else', async (t) => {
  const looking = Promise.withResolvers<Duplex>();
  const options = {
    ...{ checkReady: () => undefined, allowedHosts: [], maxConnections: 10, log: silentLogger },
    gateway: { agentOf: () => undefined },
    api: {
      handleUpgrade: async (_request: IncomingMessage, socket: Duplex) => looking.resolve(socket),
    },
  };
  const server = createHttpServer(options as unknown as HttpServerOptions);
  const { port } = new URL(await listen(server, { host: '127.0.0.1', port: 0 }));
  t.after(() => closeServer(server, { timeoutMs: 0 }));
  const caller = connect(Number(port), '127.0.0.1');
  caller.write('GET /x HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  const held = await looking.promise;
  const closed = new Promise((resolve) => held.once('close', resolve));
  caller.resetAndDestroy();
  await closed;
  assert.equal(held.destroyed, true);
});
