/**
 * The way out, alone in its process, with interception, placeholders, metering, and a real audit
 * log in the home given: every call is durable before it is forwarded. Tells its port and its
 * authority by IPC; answers the message `rss` with its resident memory in bytes.
 */
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { egressRule } from '../../src/contracts/egress-policy.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { createEgress } from '../../src/egress/egress.ts';
import { createHostResolver } from '../../src/egress/policy/resolve-host.ts';
import { createStore } from '../../src/store/store.ts';
import { BENCH_HOST } from './bench-target.ts';

const [upstreamPort, home = '', trusted = ''] = process.argv.slice(2);
const log = silentLogger;
const clock = systemClock;
const store = await createStore({ path: join(home, 'swarm.db'), log });
const audit = await openAudit({ dir: join(home, 'audit'), store, log, clock });
const caller = {
  ...{ workspaceId: DEFAULT_WORKSPACE, agent: 'bench', revision: 1, replica: 1 },
  machineId: 'mch_bench',
};
const policy = { mode: 'enforce', rules: [egressRule.parse({ host: BENCH_HOST })] } as const;
const secret = { name: 'KEY', version: 1, value: 'sk-bench-0123456789abcdefghijklmnop' };
const egress = createEgress({
  callers: {
    find: () => caller,
    policy: () => policy,
    payloadPolicy: () => DEFAULT_PAYLOAD_POLICY,
    run: () => undefined,
  },
  placeholders: {
    resolve: () => ({ ...secret, hosts: [], headers: ['authorization'], allowHttp: false }),
    values: () => [secret],
    used: () => undefined,
  },
  spending: { paused: () => undefined, reserve: () => ({ settle: () => ({}) }) },
  trailOf: (workspaceId) => audit.trail(workspaceId),
  authorities: { load: async () => undefined, save: async () => undefined },
  ...{ clock, log, limits: { maxConnections: 10_000 } },
  trusted: [Buffer.from(trusted, 'base64').toString()],
  resolver: createHostResolver({
    clock,
    lookup: async () => ({ addresses: ['93.184.216.34'], ttlSeconds: 60 }),
  }),
  connect: () => ({ address: '127.0.0.1', port: Number(upstreamPort) }),
});
await egress.prepare(DEFAULT_WORKSPACE);
const server = createServer((stream) =>
  egress.accept({ machineId: caller.machineId, kind: 'proxy', port: 0, stream }),
);
server.listen(0, '127.0.0.1', () =>
  process.send?.({
    port: (server.address() as AddressInfo).port,
    authority: egress.authority(DEFAULT_WORKSPACE),
  }),
);
process.on('message', (message) => {
  if (message === 'rss') process.send?.({ rss: process.memoryUsage.rss() });
});
process.on('disconnect', async () => {
  await egress.close();
  await audit.close();
  process.exit(0);
});
