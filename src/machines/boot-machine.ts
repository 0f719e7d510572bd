/** From a created machine to one whose guestd answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SwarmError } from '../base/errors.ts';
import { GUESTD_PORT, GUESTD_READY_LINE, type GuestStatus } from '../contracts/guest.ts';
import type { Endpoint, MachineDriver } from './driver.ts';
import { machineErrors } from './errors.ts';
import { createGuestClient, type GuestClient } from './guest-client.ts';

export interface BootOptions {
  readonly driver: MachineDriver;
  readonly machineId: string;
  readonly token: string;
  /** Of each attempt. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface BootedMachine {
  readonly client: GuestClient;
  /** What guestd first said; absent: it was not asked. */
  readonly status?: GuestStatus;
  readonly endpoints: ReadonlyMap<number, Endpoint>;
}

const ATTEMPTS = 2;
/** Beside the console's hint, which a full host may drop: how often guestd is asked without it. */
const ASK_EVERY_MS = 2_000;
const CONSOLE_BYTES = 4_000;

/**
 * Starts the VMM and waits for guestd's answer; a boot that hangs is killed and tried once more.
 * @throws machine_boot_failed with the end of the console; what the driver throws
 */
export async function bootMachine(options: BootOptions): Promise<BootedMachine> {
  const { driver, machineId } = options;
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    await driver.start(machineId);
    const booted = await waitForGuest(options);
    if (booted !== undefined) return booted;
    options.signal?.throwIfAborted();
    const { state } = await driver.inspect(machineId);
    const console = await driver.console(machineId, { maxBytes: CONSOLE_BYTES });
    // It ended by itself and said why: a second time would be the same.
    const gaveUp = state === 'exited' && console.includes('guestd: fatal');
    await driver.kill(machineId);
    if (attempt < ATTEMPTS && !gaveUp) continue;
    const what =
      state === 'exited' ? 'ended while booting' : `did not answer within ${options.timeoutMs} ms`;
    const reason = /guestd: fatal: (.*)/.exec(console)?.[1]?.trim();
    throw machineErrors.machine_boot_failed(
      `Machine ${machineId} ${what}${reason === undefined ? '.' : `: ${reason}.`}`,
      { details: { attempts: attempt, console: printable(console) } },
    );
  }
}

/** Undefined when time ran out or the VMM ended. Whichever comes first: console's hint or answer. */
async function waitForGuest(options: BootOptions): Promise<BootedMachine | undefined> {
  const { driver, machineId, token } = options;
  const { endpoints } = await driver.inspect(machineId);
  const endpoint = endpoints.get(GUESTD_PORT);
  if (endpoint === undefined) return undefined;
  const client = createGuestClient({ machineId, endpoint, token });
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), options.timeoutMs);
  const signal =
    options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  const hint = driver.waitForConsole(machineId, {
    text: GUESTD_READY_LINE,
    timeoutMs: options.timeoutMs,
    signal,
  });
  const ended = driver.wait(machineId, { timeoutMs: options.timeoutMs, signal });
  ended.then(
    (isGone) => isGone && over.abort(),
    () => undefined,
  );
  try {
    for (let hinted = false; !signal.aborted; ) {
      if (!hinted) {
        const woken = new AbortController();
        const nap = sleep(ASK_EVERY_MS, false, { signal: woken.signal }).catch(() => false);
        hinted = await Promise.race([hint, nap]);
        woken.abort();
        if (signal.aborted) return undefined;
      }
      const status = await askStatus(client, { signal, patient: hinted });
      if (status !== undefined) {
        if (status.machineId === machineId) return { client, endpoints, status };
        throw machineErrors.guest_answer_invalid(
          `Machine ${machineId} says that it is another one.`,
        );
      }
      if (hinted) await sleep(50, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  } catch (error) {
    client.close();
    throw error;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

async function askStatus(client: GuestClient, how: { signal: AbortSignal; patient: boolean }) {
  try {
    return await client.status({ timeoutMs: how.patient ? 10_000 : 1_000, signal: how.signal });
  } catch (error) {
    if (error instanceof SwarmError && error.code === 'guest_refused') throw error;
    return undefined;
  }
}

/** A console may hold anything: control characters must not reach a reader's terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\n\t]/g, '?');
}
