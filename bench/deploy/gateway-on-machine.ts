/** (f) Calls to the example in its machine: through swarmd's gateway, and directly to its port. */
import { compare } from '../gateway/compare.ts';
import { requestBytes } from '../gateway/request-bytes.ts';
import { listeningPorts, machinePid } from './running-machine.ts';
import { AGENT, apiOf, machineIdOf, type Stage, status } from './stage.ts';

const PATH = '/healthz';
/** Below what an emulated guest can answer, so that latency is not the length of its queue. */
const PACED_PER_SECOND = 50;

export async function compareOnMachine(stage: Stage): Promise<void> {
  const { context, swarm } = stage;
  const machineId = machineIdOf(await status(swarm, AGENT));
  const { url, token } = await apiOf(swarm);
  const gatewayUrl = new URL(url);
  const port = await agentPort(machinePid(machineId));
  const ways = {
    direct: { host: '127.0.0.1', port, requestBytes: requestBytes('GET', PATH) },
    gateway: {
      ...{ host: gatewayUrl.hostname, port: Number(gatewayUrl.port) },
      requestBytes: requestBytes('GET', `/agents/${AGENT}${PATH}`, {
        Host: 'localhost',
        Authorization: `Bearer ${token}`,
      }),
    },
  };
  const bounds = { connections: 32, warmUp: 100, timeoutMs: 120_000 };
  await compare(context, {
    ...{ name: 'deploy.f.32_paced', ...ways, rounds: stage.repeats },
    targets: { p50Ms: 0.5, p99Ms: 3 },
    note: `32 connections, ${PACED_PER_SECOND} calls/s, emulated guest`,
    load: { ...bounds, calls: 600, ratePerSecond: PACED_PER_SECOND },
  });
  await compare(context, {
    ...{ name: 'deploy.f.32_flood', ...ways, rounds: stage.repeats },
    note: '32 connections, closed loop: the guest is the limit',
    load: { ...bounds, calls: 1_500 },
  });
}

/** Two ports of a machine are forwarded: guestd's refuses without its token. */
async function agentPort(pid: number): Promise<number> {
  for (const port of await listeningPorts(pid)) {
    const answer = await fetch(`http://127.0.0.1:${port}${PATH}`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return port;
  }
  throw new Error('no forwarded port answers: (f) needs the network "user"');
}
