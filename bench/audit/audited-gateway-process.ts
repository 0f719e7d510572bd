/**
 * A gateway in front of the port given, and, when a home is given too, with a real audit log in that
 * home: each call is durable before it is forwarded. Tells its own port by IPC.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import type { EventActor } from '../../src/contracts/event.ts';
import type { Route } from '../../src/contracts/route.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { createStore } from '../../src/store/store.ts';

const [upstreamPort, home] = process.argv.slice(2);
const log = silentLogger;
const clock = systemClock;
const route: Route = {
  ...{ agent: 'bench', revision: 1, payloads: DEFAULT_PAYLOAD_POLICY, unavailable: null },
  targets: [{ machineId: 'mch_bench', replica: 1, host: '127.0.0.1', port: Number(upstreamPort) }],
  concurrency: { hardLimit: 1_000, queue: 1_000, queueTimeoutMs: 30_000 },
};
const store =
  home === undefined ? undefined : await createStore({ path: join(home, 'swarm.db'), log });
const audit =
  store === undefined || home === undefined
    ? undefined
    : await openAudit({ dir: join(home, 'audit'), store, log, clock });
const gateway = createGateway({
  routes: {
    route: (name) => (name === route.agent ? route : undefined),
    onRouteChange: () => () => undefined,
  },
  ...{ log, clock },
  ...(audit !== undefined && { trail: audit.trail(DEFAULT_WORKSPACE) }),
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
process.on('disconnect', async () => {
  await audit?.close();
  process.exit(0);
});
