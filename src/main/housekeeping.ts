/** What has to be thrown away from time to time: unused images, old logs, old idempotency keys. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { Trail } from '../contracts/trail.ts';
import { collectImages, type Deployer } from '../deploy/deploy.ts';
import type { Images } from '../images/images.ts';
import type { HostMachines } from '../machines/machines.ts';
import type { Store } from '../store/store.ts';
import { mainEvents } from './events.ts';

const EVERY_MS = 3_600_000;
/** The first round comes soon after the start, but not in its way. */
const FIRST_MS = 300_000;
const LOGS_KEPT_MS = 7 * 24 * 3_600_000;

interface Housekeeping {
  readonly store: Store;
  readonly deployer: Deployer;
  readonly images: Images;
  readonly machines: HostMachines;
  readonly clock: Clock;
  readonly log: Logger;
  readonly trail: Pick<Trail, 'note'>;
}

/** @returns the function that ends it, after the round under way. */
export function startHousekeeping(parts: Housekeeping): () => Promise<void> {
  let round = Promise.resolve();
  let ended = false;
  const run = () => {
    round = cleanUp(parts)
      .catch((error: unknown) => parts.log.error({ err: error }, 'cleaning up failed'))
      .then(() => {
        if (!ended) timer = setTimeout(run, EVERY_MS).unref();
      });
  };
  let timer = setTimeout(run, FIRST_MS).unref();
  return async () => {
    ended = true;
    clearTimeout(timer);
    await round;
  };
}

export async function cleanUp({
  store,
  deployer,
  images,
  machines,
  clock,
  log,
  trail,
}: Housekeeping): Promise<void> {
  const nowMs = clock.nowMs();
  await store.idempotency.removeExpired(nowMs);
  const { removed, freedBytes } = await collectImages({ deployer, images });
  const present = new Set((await store.machines.listOnHost()).map((machine) => machine.id));
  const logs = await machines.pruneLogs({ olderThanMs: LOGS_KEPT_MS, keep: present });
  if (removed.length + logs.length === 0) return;
  log.info({ images: removed.length, freedBytes, logs: logs.length }, 'cleaned up');
  trail.note({
    kind: mainEvents['images.collected'],
    actor: serviceEventActor('housekeeping'),
    attributes: { images: removed.slice(0, 100), logs: logs.length, freedBytes },
  });
}
