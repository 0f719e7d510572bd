import type { Logger } from '../base/logger.ts';
import type { Machines } from '../machines/machines.ts';

/** Time that the agent's process has to end by itself. */
const GRACE_MS = 10_000;
/** So many at once: each one that stops is work for the host. */
const AT_ONCE = 8;

/**
 * Stops every machine, gracefully and then by force, and leaves nothing of it on the host but its
 * log. The next swarmd starts new ones where they are wanted.
 */
export async function stopMachines(machines: Machines, log: Logger): Promise<void> {
  const waiting = [...(await machines.list())];
  log.info({ count: waiting.length }, 'stopping all machines');
  const stopAndRemove = async (id: string) => {
    await machines.stop(id, { signal: 'SIGTERM', timeoutMs: GRACE_MS });
    await machines.remove(id, { logs: false });
  };
  const stopNext = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
      await stopAndRemove(id).catch((error: unknown) =>
        log.error({ err: error, machineId: id }, 'not stopped'),
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, stopNext));
}
