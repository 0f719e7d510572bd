import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Outlets } from '../contracts/machine-environment.ts';
import type { Trail } from '../contracts/trail.ts';
import type { Images } from '../images/images.ts';
import type { Machines } from '../machines/machines.ts';
import type { Store } from '../store/store.ts';
import type { BootSlots } from './boot-slots.ts';
import type { RevisionSpecs } from './revision-specs.ts';

/** What the parts of the fleet share. */
export interface FleetContext {
  readonly store: Store;
  readonly machines: Machines;
  readonly images: Pick<Images, 'find'>;
  /** Resolves when no call is in flight on the machine; false when time ran out first. */
  readonly drain: (machineId: string, options: { timeoutMs: number }) => Promise<boolean>;
  /** Absent: machines have no way out. */
  readonly outlets?: Outlets;
  /** What is done and noticed here is told to the audit log. */
  readonly trail: Pick<Trail, 'note'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  readonly agentUrl: (agentName: string) => string;
  readonly bootTimeoutMs: number;
  /** Wait before work that failed on the host, such as removing a machine, is tried again. */
  readonly retryMs: number;
  readonly boots: BootSlots;
  readonly specs: RevisionSpecs;
}
