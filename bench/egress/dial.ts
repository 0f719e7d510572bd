import { connect, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { BENCH_HOST } from './bench-target.ts';

export interface Way {
  readonly port: number;
  /** PEM that the caller trusts. */
  readonly authority: string;
  /** Through CONNECT, to this port of loopback or to the benchmark's own name. */
  readonly tunnelTo?: string;
}

const DIAL_TIMEOUT_MS = 10_000;

/** Opens connections to the model endpoint one way, until TLS is there. */
export function dialer(way: Way): () => Promise<Socket> {
  const secureContext = createSecureContext({ ca: way.authority });
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect(way.port, '127.0.0.1');
      socket.setNoDelay(true);
      socket.setTimeout(DIAL_TIMEOUT_MS, () => socket.destroy(new Error('dialling took too long')));
      socket.once('error', reject);
      const secure = () => {
        const secured = connectTls({ socket, servername: BENCH_HOST, secureContext });
        secured.once('error', reject);
        secured.once('secureConnect', () => {
          socket.setTimeout(0);
          secured.off('error', reject);
          resolve(secured);
        });
      };
      if (way.tunnelTo === undefined) {
        socket.once('connect', secure);
        return;
      }
      socket.write(`CONNECT ${way.tunnelTo} HTTP/1.1\r\nHost: ${way.tunnelTo}\r\n\r\n`);
      socket.once('data', (head: Buffer) => {
        if (/^HTTP\/1\.[01] 200/.test(head.toString('latin1'))) secure();
        else reject(new Error(`no tunnel: ${head.toString('latin1', 0, 60)}`));
      });
    });
}
