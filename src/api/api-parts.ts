import type { Access } from '../access/access.ts';
import type { Activity } from '../activity/activity.ts';
import type { Audit } from '../audit/audit.ts';
import type { BurstLimiter } from '../base/burst-limiter.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Readiness } from '../contracts/requests.ts';
import type { SystemResource } from '../contracts/resources.ts';
import type { Cost } from '../cost/cost.ts';
import type { Deployer } from '../deploy/deploy.ts';
import type { EgressPolicies, HostResolver } from '../egress/egress.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Images } from '../images/images.ts';
import type { Machines } from '../machines/machines.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { IdempotencyStore } from '../store/store.ts';
import type { StreamTimes } from './stream-reply.ts';

/** swarmd itself, as far as the API shows or stops it. */
export interface SystemPort {
  describe(): SystemResource;
  readiness(): Readiness;
  /** Begins to stop; returns at once. */
  stop(options: { machines: boolean }): void;
}

export interface ApiLimits {
  readonly maxUploadBytes: number;
  readonly maxBodyBytes: number;
  /** Of a JSON body: from its request's head to its end. */
  readonly bodyTimeoutMs: number;
}

export interface ApiParts {
  readonly access: Access;
  readonly audit: Audit;
  /** Of attempts that were refused, by address or principal. */
  readonly refusals: BurstLimiter;
  readonly fleet: Fleet;
  readonly deployer: Deployer;
  readonly machines: Machines;
  readonly images: Images;
  readonly cost: Cost;
  readonly activity: Activity;
  readonly secrets: Secrets;
  readonly egress: { readonly policies: EgressPolicies; readonly resolver: HostResolver };
  readonly idempotency: IdempotencyStore;
  readonly system: SystemPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: ApiLimits;
  /** Hosts besides loopback names that a request may be addressed to. */
  readonly allowedHosts: readonly string[];
  /** Where the launcher puts the dashboard that it built; it may be missing. */
  readonly dashboardDir: string;
  /** The OpenAPI document's file. */
  readonly openApiPath: string;
  readonly streamTimes: StreamTimes;
  newRequestId(): string;
}
