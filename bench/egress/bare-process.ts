/**
 * The least that interception takes in this language: CONNECT, TLS with a certificate of its own,
 * node:http towards the caller, undici with kept connections towards the endpoint. No policy, no
 * secrets, no metering, no log. What the real proxy is above this is ours. Tells its port and its
 * authority by IPC.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { Pool } from 'undici';
import { BENCH_HOST } from './bench-target.ts';
import { makeEndpoint } from './make-endpoint.ts';

const [upstreamPort, trusted = ''] = process.argv.slice(2);
const { authority, cert, key } = makeEndpoint();
const secureContext = createSecureContext({ cert, key });
const pool = new Pool(`https://127.0.0.1:${upstreamPort}`, {
  connections: 64,
  connect: { ca: Buffer.from(trusted, 'base64').toString(), servername: BENCH_HOST },
});
const server = createServer((request, response) => {
  const headers = request.rawHeaders;
  const body = request.method === 'GET' ? null : request;
  pool.dispatch(
    { method: request.method as 'POST', path: request.url ?? '/', headers, body },
    {
      onRequestStart(controller) {
        response.on('close', () => {
          if (!response.writableEnded) controller.abort(new Error('the caller left'));
        });
      },
      onResponseStart(_controller, status, answered) {
        response.writeHead(status, answered);
      },
      onResponseData(_controller, chunk) {
        response.write(chunk);
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
});
server.on('connect', (_request, stream) => {
  stream.on('error', () => undefined);
  stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
  const secured = new TLSSocket(stream, { isServer: true, secureContext });
  secured.on('error', () => undefined);
  server.emit('connection', secured);
});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port, authority }),
);
process.on('disconnect', () => process.exit(0));
