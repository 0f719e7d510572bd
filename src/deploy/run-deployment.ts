/**
 * The spine: one deployment from source to retired machines, read top to bottom. Each step names
 * its undo; up to the shift of traffic a failure undoes all of them, and the old revision has
 * gone on serving. Every step may run again after a crash.
 */
import { newId } from '../base/ids.ts';
import type { AgentConfig } from '../contracts/agent-config.ts';
import type { Source } from '../contracts/source.ts';
import { revisionSpecOf } from '../fleet/fleet.ts';
import type { Image } from '../images/images.ts';
import type { AgentRow, DeploymentRow, RevisionRow } from '../store/store.ts';
import { contentHash } from './content-hash.ts';
import type { DeployContext } from './deploy-context.ts';
import type { DeploymentLog } from './deployment-log.ts';
import { deployErrors } from './errors.ts';
import { beginImage } from './make-image.ts';
import type { Steps } from './steps.ts';
import { waitUntilHealthy, waitUntilRetired } from './wait-for-rollout.ts';

export interface DeploymentRun {
  readonly deployment: DeploymentRow;
  /** Absent where the revision is known: rollback, restart, and what a crash interrupted. */
  readonly content?: {
    readonly source: Source;
    readonly config: AgentConfig;
    readonly gitToken: string | undefined;
  };
  /** undefined: as many as there are. */
  readonly replicas: number | undefined;
  readonly log: DeploymentLog;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** Old machines that take longer to drain go on doing so without the deployment. */
const RETIRE_WAIT_MS = 60_000;
/** How long an undone deployment waits for its machines to be gone. */
const UNDO_WAIT_MS = 30_000;

export async function runDeployment(context: DeployContext, run: DeploymentRun): Promise<void> {
  const { steps, log } = run;
  const before = await mustFindAgent(context, run.deployment);
  const revision = await makeRevision(context, { run, agent: before });
  if (revision === 'unchanged') return keepRevision(context, { run, agent: before });

  const { rollouts } = context.fleet;
  const agentId = before.id;
  const { active } = before;
  if (active !== null && active.generation === run.deployment.generation)
    // A crash came after the shift of traffic.
    return retireOthers(context, { run, agentId, generation: active.generation });

  const replicas = run.replicas ?? before.replicas;
  const generation = await steps.run({
    name: 'machines',
    act: async () => {
      const deploymentId = run.deployment.id;
      const request = { agentId, deploymentId, revision: revision.number, replicas };
      const begun = await rollouts.begin(request);
      await context.store.deployments.update(deploymentId, { generation: begun });
      return begun;
    },
    undo: () => removeTarget(context, { agentId }),
  });

  const wait = { rollouts, agentId, generation, signal: run.signal };
  await steps.run({
    name: 'healthy',
    act: () =>
      waitUntilHealthy({
        ...wait,
        timeoutMs: revision.config.deploy.timeoutMs,
        onProgress: progressTo(log),
      }),
  });

  await steps.run({
    name: 'traffic',
    act: () => rollouts.activate({ agentId, generation }),
    undo: () =>
      rollouts.restore({ agentId, generation, before: active, replicas: before.replicas }),
  });
  // The calls go to the new machines: undoing would now drop them instead of saving them.
  steps.commit();

  await retireOthers(context, { run, agentId, generation });
}

async function retireOthers(
  { fleet }: DeployContext,
  place: { run: DeploymentRun; agentId: string; generation: number },
): Promise<void> {
  const { run, agentId, generation } = place;
  const { steps, log, signal } = run;
  const { rollouts } = fleet;
  const wait = { rollouts, agentId, generation, signal, timeoutMs: RETIRE_WAIT_MS };
  await steps.run({
    name: 'retire',
    act: async () => {
      if (await waitUntilRetired(wait)) return;
      log.line('swarm', 'old machines are still draining; they stop by themselves');
    },
  });
}

async function mustFindAgent(
  { store }: DeployContext,
  { agentId, agentName }: DeploymentRow,
): Promise<AgentRow> {
  const agent = await store.agents.find(agentId);
  if (agent !== undefined && !agent.deleting) return agent;
  throw deployErrors.deployment_cancelled(`The agent "${agentName}" is being deleted.`);
}

/** Steps resolve, rootfs and revision; where the revision is known already there are none. */
async function makeRevision(
  context: DeployContext,
  { run, agent }: { run: DeploymentRun; agent: AgentRow },
): Promise<RevisionRow | 'unchanged'> {
  const { deployment, content, steps, log, signal } = run;
  const { store, images } = context;
  if (deployment.toRevision !== null) {
    const known = await store.revisions.find(agent.id, deployment.toRevision);
    if (known !== undefined) return known;
  }
  if (content === undefined)
    throw deployErrors.deployment_interrupted(
      'swarmd ended before the image was made, and what it was to be made from is gone.',
    );
  const { source, gitToken, config } = content;
  // Begun inside the step, so that a step that is not allowed to begin makes nothing.
  let making: ReturnType<typeof beginImage> | undefined;
  const make = () => {
    making ??= beginImage({ images, source, gitToken, log, signal });
    return making;
  };
  await steps.run({ name: 'resolve', act: () => make().resolved });
  const image = await steps.run({ name: 'rootfs', act: () => make().image });
  context.digestsInUse.set(deployment.id, image.digest);
  if (await isUnchanged(context, { agent, image, config })) return 'unchanged';
  return steps.run({
    name: 'revision',
    act: () => insertRevision(context, { run, image, source, config }),
    undo: () => removeRevision(context, deployment),
  });
}

async function insertRevision(
  { store, clock }: DeployContext,
  made: { run: DeploymentRun; image: Image; source: Source; config: AgentConfig },
): Promise<RevisionRow> {
  const { run, image, source, config } = made;
  const { id: deploymentId, agentId, workspaceId, createdBy } = run.deployment;
  return store.transaction(async (tables) => {
    const [deployment, agent] = [
      await tables.deployments.find(workspaceId, deploymentId),
      await tables.agents.find(agentId),
    ];
    if (agent === undefined) throw deployErrors.deployment_interrupted('The agent is gone.');
    const there = await tables.revisions.find(agentId, deployment?.toRevision ?? 0);
    if (there !== undefined) return there;
    const nowMs = clock.nowMs();
    const row: RevisionRow = {
      id: newId('rev', nowMs),
      workspaceId,
      agentId,
      number: agent.lastRevision + 1,
      imageDigest: image.digest,
      imageOrigin: image.origin,
      imageConfig: image.config,
      config,
      source,
      contentHash: contentHash({ digest: image.digest, config }),
      createdAtMs: nowMs,
      createdBy,
    };
    // An image that cannot run with this configuration never becomes a revision.
    revisionSpecOf(row);
    await tables.revisions.insert(row);
    await tables.agents.update(agentId, { lastRevision: row.number, nowMs });
    await tables.deployments.update(deploymentId, { toRevision: row.number });
    return row;
  });
}

async function removeRevision(
  { store }: DeployContext,
  { id, workspaceId, agentId }: DeploymentRow,
): Promise<void> {
  const deployment = await store.deployments.find(workspaceId, id);
  if (deployment?.toRevision === null || deployment?.toRevision === undefined) return;
  await store.revisions.remove(agentId, deployment.toRevision);
}

/** The same image and configuration as the active revision's, and nothing wrong with it. */
async function isUnchanged(
  { store }: DeployContext,
  made: { agent: AgentRow; image: Image; config: AgentConfig },
): Promise<boolean> {
  const { agent, image, config } = made;
  if (agent.active === null) return false;
  const { revision, generation } = agent.active;
  const active = await store.revisions.find(agent.id, revision);
  if (active?.contentHash !== contentHash({ digest: image.digest, config })) return false;
  // Whoever deploys a broken agent again wants it tried again.
  const slots = await store.slots.listOf(agent.id);
  return slots.every((slot) => slot.generation !== generation || slot.failures === 0);
}

async function keepRevision(
  { store, fleet, clock }: DeployContext,
  { run, agent }: { run: DeploymentRun; agent: AgentRow },
): Promise<void> {
  const { deployment, log, replicas } = run;
  const number = agent.active?.revision ?? null;
  await store.deployments.update(deployment.id, { toRevision: number });
  if (replicas !== undefined && replicas !== agent.replicas) {
    await store.agents.update(agent.id, { replicas, nowMs: clock.nowMs() });
    fleet.rollouts.look(agent.id);
    log.line(
      'swarm',
      `image and configuration are those of revision ${number}; replicas: ${replicas}`,
    );
    return;
  }
  log.line('swarm', `nothing changed: revision ${number} is active already`);
}

/** Waits until the new machines are off the host, so that a failed deployment leaves nothing. */
async function removeTarget(
  { store, fleet }: DeployContext,
  { agentId }: { agentId: string },
): Promise<void> {
  const agent = await store.agents.find(agentId);
  if (agent?.target === null || agent?.target === undefined) return;
  const { generation } = agent.target;
  await fleet.rollouts.clear({ agentId, generation });
  const isGone = async () => {
    const rows = await store.machines.listOf(agentId);
    return rows.every((row) => row.generation !== generation || !row.onHost);
  };
  const deadlineMs = performance.now() + UNDO_WAIT_MS;
  while (!(await isGone()) && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

function progressTo(log: DeploymentLog) {
  let last = '';
  return ({ healthy, of, detail }: { healthy: number; of: number; detail: string }) => {
    const text = `${healthy} of ${of} healthy; ${detail}`;
    if (text === last) return;
    last = text;
    log.step('healthy', 'progress', { detail: text, fraction: of === 0 ? 1 : healthy / of });
  };
}
