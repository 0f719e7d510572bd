/**
 * A model endpoint over TLS: a chat completion of a few hundred bytes, or a stream of events until
 * the caller leaves. Tells its port and its authority by IPC.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { STREAM_EVERY_MS } from './bench-target.ts';
import { makeEndpoint } from './make-endpoint.ts';

const { authority, cert, key } = makeEndpoint();
const answer = JSON.stringify({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o-mini' },
  choices: [
    { index: 0, message: { role: 'assistant', content: 'x'.repeat(87) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42 },
});
const server = createServer({ cert, key }, (request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/stream') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`data: ${process.hrtime.bigint()}\n\n`);
      const timer = setInterval(
        () => response.write(`data: ${process.hrtime.bigint()}\n\n`),
        STREAM_EVERY_MS,
      );
      response.on('close', () => clearInterval(timer));
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': answer.length,
    });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port, authority }),
);
process.on('disconnect', () => process.exit(0));
