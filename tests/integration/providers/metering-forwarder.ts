/** A small forwarding server that meters what it forwards: for tests of metering without the proxy. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  type CallHead,
  type MeteredCall,
  meterCall,
  needsBody,
  type TapEnd,
} from '../../../src/egress/metering/metering.ts';

export interface ForwardedCall {
  readonly head: CallHead;
  readonly metered: MeteredCall | undefined;
  /** Undefined until its answer has ended. */
  end?: TapEnd;
}

export interface MeteringForwarder {
  readonly port: number;
  readonly origin: string;
  /** Newest last. */
  readonly calls: readonly ForwardedCall[];
  close(): Promise<void>;
}

/** @param options.host what metering is told that the upstream's name is */
export async function startMeteringForwarder(options: {
  readonly upstreamPort: number;
  readonly host: string;
}): Promise<MeteringForwarder> {
  const calls: ForwardedCall[] = [];

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { headers, method = 'GET', url: path = '/' } = incoming;
    const head: CallHead = {
      host: options.host,
      port: 443,
      scheme: 'https',
      method,
      path,
      headers,
    };
    const kept = needsBody(head) ? await buffer(incoming) : undefined;
    const metered = meterCall({ ...head, ...(kept && { body: kept }) });
    const call: ForwardedCall = { head, metered };
    calls.push(call);
    const body = metered?.body ?? kept;
    const upstream = request({
      ...{ host: '127.0.0.1', port: options.upstreamPort, method, path },
      headers: {
        ...headers,
        ...(body !== undefined && { 'content-length': body.length }),
        ...(metered?.identityOnly && { 'accept-encoding': 'identity' }),
      },
    });
    const ended = () => {
      if (call.end !== undefined || metered === undefined) return;
      call.end = metered.tap.end();
      if (call.end.rest !== undefined && !outgoing.destroyed) outgoing.write(call.end.rest);
    };
    outgoing.once('close', () => {
      ended();
      upstream.destroy();
    });
    upstream.once('error', () => outgoing.destroy());
    upstream.once('response', (answer) => {
      const status = answer.statusCode ?? 502;
      metered?.tap.head(status, answer.headers);
      const { 'content-length': _, ...rest } = answer.headers;
      outgoing.writeHead(status, metered?.identityOnly ? rest : answer.headers);
      outgoing.flushHeaders();
      answer.on('data', (bytes: Buffer) => {
        const seen = metered === undefined ? bytes : metered.tap.chunk(bytes);
        if (seen !== undefined) outgoing.write(seen);
      });
      answer.once('error', () => outgoing.destroy());
      answer.once('end', () => {
        ended();
        outgoing.end();
      });
    });
    if (body === undefined) incoming.pipe(upstream);
    else upstream.end(body);
  }

  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
