import type { Endpoint } from '../driver.ts';

/**
 * Reads `info usernet`: which host ports QEMU listens on for which guest ports. It was given port
 * 0, so the kernel chose one that is free, and nobody can take it in between.
 *
 *   TCP[HOST_FORWARD]  12       127.0.0.1 38423       10.0.2.15  8000     0     0
 */
export function parseHostForwards(infoUsernet: string): ReadonlyMap<number, Endpoint> {
  const endpoints = new Map<number, Endpoint>();
  for (const line of infoUsernet.split('\n')) {
    const match = /^\s*TCP\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s/.exec(line);
    if (match === null) continue;
    const [, host = '', port = '', guestPort = ''] = match;
    endpoints.set(Number(guestPort), { host, port: Number(port) });
  }
  return endpoints;
}
