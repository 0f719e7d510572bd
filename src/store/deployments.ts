import type { Kysely, Selectable } from 'kysely';
import type { DeploymentEvent, DeploymentResource, Problem } from '../contracts/resources.ts';
import type { DeploymentsTable, Schema } from './schema.ts';

export interface DeploymentRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly kind: DeploymentResource['kind'];
  readonly state: DeploymentResource['state'];
  readonly step: string | null;
  readonly fromRevision: number | null;
  readonly toRevision: number | null;
  readonly generation: number | null;
  readonly createsAgent: boolean;
  /** What was asked, without credentials: what a restarted swarmd carries on with. */
  readonly request: unknown;
  readonly error: Problem | null;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  readonly createdBy: string;
}

export type DeploymentChange = Partial<
  Pick<
    DeploymentRow,
    'state' | 'step' | 'fromRevision' | 'toRevision' | 'generation' | 'error' | 'finishedAtMs'
  >
>;

export interface DeploymentStore {
  insert(deployment: DeploymentRow): Promise<void>;
  find(workspaceId: string, id: string): Promise<DeploymentRow | undefined>;
  /** Newest first; `before` is the id of the last one seen. */
  list(
    workspaceId: string,
    query: { limit: number; before?: string; agentName?: string },
  ): Promise<readonly DeploymentRow[]>;
  /** Of every workspace, oldest first. */
  unfinished(): Promise<readonly DeploymentRow[]>;
  update(id: string, change: DeploymentChange): Promise<void>;
  /** Events keep their `seq`; one that is there already is left as it is. */
  appendEvents(
    deployment: { id: string; workspaceId: string },
    events: readonly DeploymentEvent[],
  ): Promise<void>;
  events(
    deploymentId: string,
    query: { afterSeq: number; limit: number },
  ): Promise<readonly DeploymentEvent[]>;
  /** 0 when there is none. */
  lastEventSeq(deploymentId: string): Promise<number>;
  /** Keeps the newest `keep` events of a deployment. */
  trimEvents(deploymentId: string, options: { keep: number }): Promise<void>;
  /** Removes finished deployments, with their events, that ended before the time. */
  prune(options: { endedBeforeMs: number }): Promise<void>;
}

export function createDeploymentStore(db: Kysely<Schema>): DeploymentStore {
  const rows = () => db.selectFrom('deployments').selectAll();
  return {
    async insert({ createsAgent, request, error, ...same }) {
      await db
        .insertInto('deployments')
        .values({
          ...same,
          createsAgent: createsAgent ? 1 : 0,
          request: JSON.stringify(request),
          error: error === null ? null : JSON.stringify(error),
        })
        .execute();
    },
    async find(workspaceId, id) {
      const row = await rows()
        .where('id', '=', id)
        .where('workspaceId', '=', workspaceId)
        .executeTakeFirst();
      return row && deploymentOf(row);
    },
    async list(workspaceId, { limit, before, agentName }) {
      let query = rows().where('workspaceId', '=', workspaceId).orderBy('id', 'desc').limit(limit);
      if (before !== undefined) query = query.where('id', '<', before);
      if (agentName !== undefined) query = query.where('agentName', '=', agentName);
      return (await query.execute()).map(deploymentOf);
    },
    async unfinished() {
      const found = await rows().where('finishedAtMs', 'is', null).orderBy('id').execute();
      return found.map(deploymentOf);
    },
    async update(id, { error, ...plain }) {
      const change = {
        ...plain,
        ...(error !== undefined && { error: error === null ? null : JSON.stringify(error) }),
      };
      await db.updateTable('deployments').set(change).where('id', '=', id).execute();
    },
    async appendEvents({ id, workspaceId }, events) {
      if (events.length === 0) return;
      await db
        .insertInto('deploymentEvents')
        .values(
          events.map((event) => ({
            workspaceId,
            deploymentId: id,
            seq: event.seq,
            event: JSON.stringify(event),
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async events(deploymentId, { afterSeq, limit }) {
      const found = await db
        .selectFrom('deploymentEvents')
        .select('event')
        .where('deploymentId', '=', deploymentId)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return found.map(({ event }) => JSON.parse(event));
    },
    async lastEventSeq(deploymentId) {
      const row = await db
        .selectFrom('deploymentEvents')
        .select((select) => select.fn.max('seq').as('seq'))
        .where('deploymentId', '=', deploymentId)
        .executeTakeFirst();
      return Number(row?.seq ?? 0);
    },
    async trimEvents(deploymentId, { keep }) {
      const oldest = await db
        .selectFrom('deploymentEvents')
        .select('seq')
        .where('deploymentId', '=', deploymentId)
        .orderBy('seq', 'desc')
        .limit(1)
        .offset(keep)
        .executeTakeFirst();
      if (oldest === undefined) return;
      await db
        .deleteFrom('deploymentEvents')
        .where('deploymentId', '=', deploymentId)
        .where('seq', '<=', oldest.seq)
        .execute();
    },
    async prune({ endedBeforeMs }) {
      await db.deleteFrom('deployments').where('finishedAtMs', '<', endedBeforeMs).execute();
    },
  };
}

function deploymentOf({
  createsAgent,
  request,
  error,
  kind,
  state,
  ...same
}: Selectable<DeploymentsTable>): DeploymentRow {
  return {
    ...same,
    kind: kind as DeploymentRow['kind'],
    state: state as DeploymentRow['state'],
    createsAgent: createsAgent === 1,
    request: JSON.parse(request),
    error: error === null ? null : JSON.parse(error),
  };
}
