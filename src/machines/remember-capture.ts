import type { GuestClient } from './guest-client.ts';
import type { EgressCapture } from './machines.ts';

const TIMEOUT_MS = 10_000;

export interface RememberedCapture {
  /** From memory; undefined: guestd has not said it yet, and is asked meanwhile. */
  get(): EgressCapture | undefined;
}

/** It stays as it is while a machine runs. `known`: when guestd said it already. */
export function rememberCapture(
  client: Pick<GuestClient, 'status'>,
  known: EgressCapture | undefined,
): RememberedCapture {
  let capture = known;
  let isAsking = false;
  const ask = async () => {
    isAsking = true;
    try {
      capture = (await client.status({ timeoutMs: TIMEOUT_MS })).egress?.capture;
    } catch {
      // Whoever looks next has it asked again.
    } finally {
      isAsking = false;
    }
  };
  const get = () => {
    if (capture === undefined && !isAsking) void ask();
    return capture;
  };
  // An adopted machine: so that it is known when somebody looks.
  get();
  return { get };
}
