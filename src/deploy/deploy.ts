/**
 * Deployments: the moves of an agent to a revision. The front file of the area.
 * The spine, read top to bottom, is in run-deployment.ts.
 */
import type { Actor } from '../contracts/actor.ts';
import type { Manifest } from '../contracts/manifest.ts';
import type {
  DeploymentEvent,
  DeploymentPreview,
  DeploymentResource,
  RevisionResource,
} from '../contracts/resources.ts';
import type { Source } from '../contracts/source.ts';

export { collectImages } from './collect-images.ts';
export { createDeployer, type DeployerOptions } from './create-deployer.ts';
export { deployErrors } from './errors.ts';

export interface DeployRequest {
  readonly actor: Actor;
  readonly manifest: Manifest;
  readonly source: Source;
  /** For a private Git repository; kept in memory until the clone is done. */
  readonly gitToken?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

export interface Deployer {
  /** Says what `deploy` would change, and changes nothing. */
  preview(request: DeployRequest): Promise<DeploymentPreview>;
  /**
   * Records the deployment and begins it; progress is in `events`. One at a time for each agent.
   * @throws deployment_in_progress, agent_deleting, …
   */
  deploy(request: DeployRequest): Promise<DeploymentResource>;
  /** To the revision of that number, or to the one that was active before. */
  rollback(request: {
    actor: Actor;
    agent: string;
    revision?: number;
  }): Promise<DeploymentResource>;
  /** New machines of the same revision replace the old, as in a deployment. */
  restart(request: { actor: Actor; agent: string }): Promise<DeploymentResource>;
  cancel(request: { actor: Actor; deploymentId: string }): Promise<DeploymentResource>;
  get(actor: Actor, deploymentId: string): Promise<DeploymentResource>;
  list(actor: Actor, query: PageRequest & { agent?: string }): Promise<Page<DeploymentResource>>;
  revisions(actor: Actor, query: PageRequest & { agent: string }): Promise<Page<RevisionResource>>;
  /** Replays what there is after `afterSeq`, then follows until the deployment has finished. */
  events(
    actor: Actor,
    query: { deploymentId: string; afterSeq: number; signal: AbortSignal },
  ): AsyncIterable<DeploymentEvent>;
  /** Once, at start: deployments that a crash interrupted are carried on or failed, visibly. */
  recover(): Promise<void>;
  /** Says which images are needed: active, being deployed, or among an agent's newest revisions. */
  imagesInUse(): Promise<(digest: string) => boolean>;
  /** Stops working on deployments; they are carried on by the next swarmd. */
  close(): Promise<void>;
}
