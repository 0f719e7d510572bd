/** A gateway alone in its process, in front of the port given. Tells its own port by IPC. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { EventActor } from '../../src/contracts/event.ts';
import type { Route } from '../../src/contracts/route.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { createGateway } from '../../src/gateway/gateway.ts';

const route: Route = {
  agent: 'bench',
  revision: 1,
  payloads: DEFAULT_PAYLOAD_POLICY,
  targets: [
    { machineId: 'mch_bench', replica: 1, host: '127.0.0.1', port: Number(process.argv[2]) },
  ],
  concurrency: { hardLimit: 1_000, queue: 1_000, queueTimeoutMs: 30_000 },
  unavailable: null,
};
const gateway = createGateway({
  routes: {
    route: (name) => (name === route.agent ? route : undefined),
    onRouteChange: () => () => undefined,
  },
  log: silentLogger,
  clock: systemClock,
});
const caller: EventActor = { type: 'service', id: 'prn_bench', name: 'bench', auth: 'token' };
const server = createServer((request, response) => {
  const agentName = gateway.agentOf(request);
  if (agentName !== undefined) gateway.handle(request, response, { agent: agentName, caller });
  else response.writeHead(404, { 'Content-Length': 0 }).end();
});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
process.on('disconnect', () => process.exit(0));
