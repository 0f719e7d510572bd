import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MachineEnvironment } from '../contracts/machine-environment.ts';
import type { Trail } from '../contracts/trail.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Images } from '../images/images.ts';
import type { Machines } from '../machines/machines.ts';
import type { Store } from '../store/store.ts';

/** What the parts of deploy share. */
export interface DeployContext {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly images: Images;
  readonly machines: Pick<Machines, 'logs'>;
  readonly trail: Pick<Trail, 'note'>;
  readonly environment: Pick<MachineEnvironment, 'missing'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** By deployment: images that no revision claims yet. */
  readonly digestsInUse: Map<string, string>;
}
