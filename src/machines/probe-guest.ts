/** A machine with the probe agent, as the driver contract's cases use it. */
import assert from 'node:assert/strict';
import { waitUntil } from '../base/wait.ts';
import { GUESTD_PORT } from '../contracts/guest.ts';
import type { MachineDriver, MachineSpec } from './driver.ts';
import { createGuestClient, type GuestClient } from './guest-client.ts';

/** Where the probe agent listens. */
export const PROBE_PORT = 8000;

export async function guest(driver: MachineDriver, spec: MachineSpec): Promise<GuestClient> {
  const endpoint = (await driver.inspect(spec.machineId)).endpoints.get(GUESTD_PORT);
  assert.ok(endpoint, 'guestd has an endpoint');
  const { machineId } = spec;
  return createGuestClient({ machineId, endpoint, token: spec.guestConfig.token });
}

export async function startProbe(driver: MachineDriver, spec: MachineSpec): Promise<void> {
  const client = await guest(driver, spec);
  try {
    const process = { argv: ['/bin/probe-agent'], env: {}, cwd: '/', user: '' };
    await client.startProcess(process, { timeoutMs: 30_000 });
    const listens = await waitUntil(
      async () => (await client.status({ timeoutMs: 20_000 })).listening.includes(PROBE_PORT),
      { timeoutMs: 30_000 },
    );
    assert.equal(listens, true);
  } finally {
    client.close();
  }
}

export async function askProbe(
  driver: MachineDriver,
  machineId: string,
  path: string,
): Promise<string> {
  const endpoint = (await driver.inspect(machineId)).endpoints.get(PROBE_PORT);
  assert.ok(endpoint, 'the agent has an endpoint');
  const url = `http://${endpoint.host}:${endpoint.port}${path}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  return response.text();
}
