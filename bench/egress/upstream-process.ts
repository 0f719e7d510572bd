/**
 * A model endpoint over TLS: a chat completion of a few hundred bytes, or a stream of events until
 * the caller leaves. Tells its port and its authority by IPC.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from '../../src/egress/proxy/certificate.ts';
import { BENCH_HOST, STREAM_EVERY_MS } from './bench-target.ts';

const DAY_MS = 86_400_000;
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS };
const publicKey = createPublicKey(keys.privateKey);
const names = { subject: 'bench authority', issuer: 'bench authority' };
const authority = makeCertificate({ ...names, publicKey, ...validity }, keys.privateKey);
const cert = makeCertificate(
  { ...names, subject: BENCH_HOST, host: BENCH_HOST, publicKey, ...validity },
  createPrivateKey(keys.privateKey.export({ format: 'pem', type: 'pkcs8' })),
);
const answer = JSON.stringify({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o-mini' },
  choices: [
    { index: 0, message: { role: 'assistant', content: 'x'.repeat(87) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42 },
});
const server = createServer(
  { cert, key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }) },
  (request, response) => {
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
  },
);
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port, authority }),
);
process.on('disconnect', () => process.exit(0));
