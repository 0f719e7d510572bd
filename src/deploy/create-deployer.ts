import { type Clock, systemClock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import type { Actor } from '../contracts/actor.ts';
import { agentConfigFrom } from '../contracts/agent-config.ts';
import type { MachineEnvironment } from '../contracts/machine-environment.ts';
import type { DeploymentResource } from '../contracts/resources.ts';
import type { Trail } from '../contracts/trail.ts';
import { type Fleet, fleetErrors } from '../fleet/fleet.ts';
import type { Images } from '../images/images.ts';
import type { Machines } from '../machines/machines.ts';
import type { AgentRow, DeploymentRow, Store, Tables } from '../store/store.ts';
import type { Deployer, DeployRequest } from './deploy.ts';
import type { DeployContext } from './deploy-context.ts';
import { DeploymentRuns, type RunContent } from './deployment-runs.ts';
import { deployErrors } from './errors.ts';
import { previewDeployment } from './preview.ts';
import { deploymentResourceOf, revisionResourceOf } from './resources.ts';
import type { AroundStep } from './steps.ts';

export interface DeployerOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly images: Images;
  readonly machines: Pick<Machines, 'logs'>;
  readonly trail: Pick<Trail, 'note'>;
  /** Default: there are no secrets. */
  readonly environment?: Pick<MachineEnvironment, 'missing'>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** For tests: fails steps, or does them twice. */
  readonly aroundStep?: AroundStep;
}

/** An agent whose first deployment failed is gone within moments: a new attempt waits for that. */
const DELETION_WAIT_MS = 5_000;

/** Newest revisions of an agent whose images are kept for rollbacks. */
const IMAGES_KEPT_PER_AGENT = 10;

interface NewDeployment {
  readonly actor: Actor;
  readonly agentName: string;
  readonly kind: DeploymentRow['kind'];
  readonly replicas: number | undefined;
  readonly content?: RunContent;
  /** Decides, inside the transaction, which revision is moved to; null: a new one. */
  readonly revision: (tables: Tables, agent: AgentRow) => Promise<number | null>;
}

export function createDeployer(options: DeployerOptions): Deployer {
  const { store, fleet } = options;
  const context: DeployContext = {
    store,
    fleet,
    images: options.images,
    machines: options.machines,
    trail: options.trail,
    environment: options.environment ?? { missing: async () => [] },
    log: options.log,
    clock: options.clock ?? systemClock,
    digestsInUse: new Map(),
  };
  const runs = new DeploymentRuns(context, options.aroundStep);

  const begin = async (request: NewDeployment): Promise<DeploymentResource> => {
    const { actor, agentName } = request;
    await waitWhileDeleting(store, { actor, agentName });
    const deployment = await store.transaction((tables) =>
      recordDeployment(tables, { ...request, nowMs: context.clock.nowMs() }),
    );
    fleet.rollouts.look(deployment.agentId);
    runs.begin({ deployment, content: request.content, replicas: request.replicas });
    return deploymentResourceOf(deployment);
  };
  const mustFind = async (actor: Actor, id: string) => {
    const found = await store.deployments.find(actor.workspaceId, id);
    if (found !== undefined) return found;
    throw deployErrors.deployment_not_found(`There is no deployment "${id}".`);
  };

  return {
    async preview(request) {
      await mustHaveSecrets(context, request);
      return previewDeployment(store, request);
    },
    async deploy({ actor, manifest, source, gitToken }: DeployRequest) {
      await mustHaveSecrets(context, { actor, manifest });
      return begin({
        actor,
        agentName: manifest.metadata.name,
        kind: 'deploy',
        replicas: manifest.spec.replicas,
        content: { source, config: agentConfigFrom(manifest), gitToken },
        revision: async () => null,
      });
    },
    async rollback({ actor, agent, revision }) {
      await fleet.agent(actor, agent);
      return begin({
        actor,
        agentName: agent,
        kind: 'rollback',
        replicas: undefined,
        revision: (tables, row) => revisionToRollBackTo(tables, { agent: row, revision }),
      });
    },
    async restart({ actor, agent }) {
      await fleet.agent(actor, agent);
      return begin({
        actor,
        agentName: agent,
        kind: 'restart',
        replicas: undefined,
        revision: async (_tables, row) => mustBeActive(row).revision,
      });
    },
    async cancel({ actor, deploymentId }) {
      const found = await mustFind(actor, deploymentId);
      await runs.cancel(found, `cancelled by ${actor.name}`);
      return deploymentResourceOf(await mustFind(actor, deploymentId));
    },
    get: async (actor, deploymentId) => deploymentResourceOf(await mustFind(actor, deploymentId)),
    async list(actor, { limit, cursor, agent }) {
      const rows = await store.deployments.list(actor.workspaceId, {
        limit: limit + 1,
        ...(cursor !== undefined && { before: cursor }),
        ...(agent !== undefined && { agentName: agent }),
      });
      const items = rows.slice(0, limit);
      const nextCursor = rows.length > limit ? (items.at(-1)?.id ?? null) : null;
      return { items: items.map(deploymentResourceOf), nextCursor };
    },
    async revisions(actor, { agent: name, limit, cursor }) {
      await fleet.agent(actor, name);
      const agent = await store.agents.findByName(actor.workspaceId, name);
      if (agent === undefined) return { items: [], nextCursor: null };
      const before = Number(cursor);
      const rows = await store.revisions.list(agent.id, {
        limit: limit + 1,
        ...(Number.isInteger(before) && cursor !== undefined && { before }),
      });
      const items = rows.slice(0, limit);
      const nextCursor = rows.length > limit ? String(items.at(-1)?.number) : null;
      return { items: items.map((row) => revisionResourceOf(row, agent)), nextCursor };
    },
    async *events(actor, { deploymentId, afterSeq, signal }) {
      await mustFind(actor, deploymentId);
      yield* runs.events({ deploymentId, afterSeq, signal });
    },
    recover: () => runs.recover(),
    async imagesInUse() {
      const digests = await store.revisions.usedDigests({ keep: IMAGES_KEPT_PER_AGENT });
      const under = new Set(context.digestsInUse.values());
      return (digest) => digests.has(digest) || under.has(digest);
    },
    close: () => runs.close(),
  };
}

/** @throws secrets_missing */
async function mustHaveSecrets(
  { environment }: Pick<DeployContext, 'environment'>,
  { actor, manifest }: Pick<DeployRequest, 'actor' | 'manifest'>,
): Promise<void> {
  const agent = manifest.metadata.name;
  const { env } = agentConfigFrom(manifest);
  const missing = await environment.missing({ workspaceId: actor.workspaceId, agent }, env);
  if (missing.length === 0) return;
  throw deployErrors.secrets_missing(
    `The environment of "${agent}" refers to secrets that are not there: ${missing.join(', ')}.`,
    { details: { missing } },
  );
}

async function waitWhileDeleting(
  store: Store,
  { actor, agentName }: { actor: Actor; agentName: string },
): Promise<void> {
  const agent = await store.agents.findByName(actor.workspaceId, agentName);
  if (agent === undefined || !agent.deleting) return;
  await waitUntil(async () => (await store.agents.find(agent.id)) === undefined, {
    timeoutMs: DELETION_WAIT_MS,
  });
}

/** One transaction: the agent, if it is new, and the deployment that it now belongs to. */
async function recordDeployment(
  tables: Tables,
  request: NewDeployment & { readonly nowMs: number },
): Promise<DeploymentRow> {
  const { actor, agentName, kind, replicas, nowMs } = request;
  const { workspaceId } = actor;
  const found = await tables.agents.findByName(workspaceId, agentName);
  if (found?.deleting)
    throw fleetErrors.agent_deleting(`The agent "${agentName}" is being deleted.`);
  if (found !== undefined && found.deploymentId !== null)
    throw deployErrors.deployment_in_progress(
      `The agent "${agentName}" is being deployed already (${found.deploymentId}).`,
      { details: { deployment: found.deploymentId } },
    );
  const id = newId('agt', nowMs);
  const agent =
    found ??
    (await tables.agents.insert({
      id,
      workspaceId,
      name: agentName,
      replicas: replicas ?? 1,
      nowMs,
    }));
  const deployment: DeploymentRow = {
    id: newId('dpl', nowMs),
    workspaceId,
    agentId: agent.id,
    agentName,
    kind,
    state: 'pending',
    step: null,
    fromRevision: agent.active?.revision ?? null,
    toRevision: await request.revision(tables, agent),
    generation: null,
    createsAgent: agent.active === null,
    request: { replicas },
    error: null,
    createdAtMs: nowMs,
    finishedAtMs: null,
    createdBy: actor.name,
  };
  await tables.deployments.insert(deployment);
  await tables.agents.update(agent.id, { deploymentId: deployment.id, nowMs });
  return deployment;
}

function mustBeActive(agent: AgentRow) {
  if (agent.active !== null) return agent.active;
  throw deployErrors.agent_never_deployed(`The agent "${agent.name}" has no revision yet.`);
}

/** The one asked for, or what the newest successful move to the active one moved away from. */
async function revisionToRollBackTo(
  tables: Tables,
  { agent, revision }: { agent: AgentRow; revision: number | undefined },
): Promise<number> {
  const active = mustBeActive(agent).revision;
  const wanted = revision ?? (await revisionBefore(tables, { agent, active }));
  if (wanted === undefined)
    throw deployErrors.no_earlier_revision(
      `The agent "${agent.name}" has had no revision before ${active}.`,
    );
  if ((await tables.revisions.find(agent.id, wanted)) === undefined)
    throw deployErrors.revision_not_found(`The agent "${agent.name}" has no revision ${wanted}.`);
  if (wanted === active)
    throw deployErrors.revision_active(`Revision ${wanted} of "${agent.name}" is active already.`);
  return wanted;
}

const DEPLOYMENTS_SEARCHED = 500;

async function revisionBefore(
  tables: Tables,
  { agent, active }: { agent: AgentRow; active: number },
): Promise<number | undefined> {
  const { workspaceId, name: agentName } = agent;
  const rows = await tables.deployments.list(workspaceId, {
    agentName,
    limit: DEPLOYMENTS_SEARCHED,
  });
  const move = rows.find(
    (row) =>
      row.agentId === agent.id &&
      row.state === 'succeeded' &&
      row.toRevision === active &&
      row.fromRevision !== active,
  );
  return move?.fromRevision ?? undefined;
}
