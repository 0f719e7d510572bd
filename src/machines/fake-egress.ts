/** The way out of fake machines: what a process inside holds is one end of a real connection. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { EgressConnection } from '../contracts/egress.ts';

/** What a process inside connected to. */
export type FakeEgressTarget =
  | { readonly kind: 'proxy' }
  | { readonly kind: 'captured'; readonly port: number; readonly name?: string };

export interface FakeEgress {
  /** The process's end; the other one is given to `onEgress`. */
  open(machineId: string, target: FakeEgressTarget): Promise<Socket>;
  /** Ends the connections of one machine, or of all. */
  cutOff(machineId?: string): void;
}

export function createFakeEgress(onEgress: (connection: EgressConnection) => void): FakeEgress {
  const hostEnds = new Map<Socket, string>();
  return {
    async open(machineId, target) {
      const { inside, outside } = await socketPair();
      hostEnds.set(outside, machineId);
      outside.once('close', () => hostEnds.delete(outside));
      onEgress({ machineId, port: 0, ...target, stream: outside });
      return inside;
    },
    cutOff(machineId) {
      for (const [socket, of] of hostEnds)
        if (machineId === undefined || of === machineId) socket.resetAndDestroy();
    },
  };
}

async function socketPair(): Promise<{ inside: Socket; outside: Socket }> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const inside = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [[outside]] = (await Promise.all([accepted, once(inside, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  outside.on('error', () => undefined);
  return { inside, outside };
}
