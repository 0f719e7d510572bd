import type { Kysely, Selectable } from 'kysely';
import type { AgentsTable, Schema } from './schema.ts';

/** A revision that machines are wanted of; a newer generation replaces an older one's machines. */
export interface Wanted {
  readonly revision: number;
  readonly generation: number;
}

/** Its replicas become the agent's when it becomes active. */
export interface Target extends Wanted {
  readonly replicas: number;
}

export interface AgentRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly replicas: number;
  /** Gets the calls. */
  readonly active: Wanted | null;
  /** What a deployment under way is bringing up beside it. */
  readonly target: Target | null;
  readonly lastGeneration: number;
  readonly lastRevision: number;
  /** The deployment under way: there is at most one. */
  readonly deploymentId: string | null;
  readonly deleting: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface NewAgent {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly replicas: number;
  readonly nowMs: number;
}

export type AgentChange = Partial<
  Pick<
    AgentRow,
    'replicas' | 'active' | 'target' | 'lastGeneration' | 'lastRevision' | 'deploymentId'
  >
> & { readonly deleting?: true };

export interface AgentStore {
  insert(agent: NewAgent): Promise<AgentRow>;
  find(id: string): Promise<AgentRow | undefined>;
  findByName(workspaceId: string, name: string): Promise<AgentRow | undefined>;
  list(workspaceId: string): Promise<readonly AgentRow[]>;
  /** Of every workspace: for the reconciler. */
  listAll(): Promise<readonly AgentRow[]>;
  update(id: string, change: AgentChange & { readonly nowMs: number }): Promise<void>;
  /** With its revisions and slots; its machines must have been removed before. */
  remove(id: string): Promise<void>;
}

export function createAgentStore(db: Kysely<Schema>): AgentStore {
  const agents = () => db.selectFrom('agents').selectAll();
  return {
    async insert({ id, workspaceId, name, replicas, nowMs }) {
      const row: Selectable<AgentsTable> = {
        id,
        workspaceId,
        name,
        replicas,
        activeRevision: null,
        activeGeneration: null,
        targetRevision: null,
        targetGeneration: null,
        targetReplicas: null,
        lastGeneration: 0,
        lastRevision: 0,
        deploymentId: null,
        deleting: 0,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      await db.insertInto('agents').values(row).execute();
      return agentOf(row);
    },
    async find(id) {
      const row = await agents().where('id', '=', id).executeTakeFirst();
      return row && agentOf(row);
    },
    async findByName(workspaceId, name) {
      const row = await agents()
        .where('workspaceId', '=', workspaceId)
        .where('name', '=', name)
        .executeTakeFirst();
      return row && agentOf(row);
    },
    async list(workspaceId) {
      const rows = await agents().where('workspaceId', '=', workspaceId).orderBy('name').execute();
      return rows.map(agentOf);
    },
    async listAll() {
      return (await agents().orderBy('id').execute()).map(agentOf);
    },
    async update(id, { nowMs, active, target, deleting, ...plain }) {
      await db
        .updateTable('agents')
        .set({
          ...plain,
          ...(active !== undefined && {
            activeRevision: active?.revision ?? null,
            activeGeneration: active?.generation ?? null,
          }),
          ...(target !== undefined && {
            targetRevision: target?.revision ?? null,
            targetGeneration: target?.generation ?? null,
            targetReplicas: target?.replicas ?? null,
          }),
          ...(deleting && { deleting: 1 }),
          updatedAtMs: nowMs,
        })
        .where('id', '=', id)
        .execute();
    },
    async remove(id) {
      await db.deleteFrom('agents').where('id', '=', id).execute();
    },
  };
}

function agentOf(row: Selectable<AgentsTable>): AgentRow {
  const {
    activeRevision,
    activeGeneration,
    targetRevision,
    targetGeneration,
    targetReplicas,
    deleting,
    ...same
  } = row;
  const target = wantedOf(targetRevision, targetGeneration);
  return {
    ...same,
    active: wantedOf(activeRevision, activeGeneration),
    target: target && { ...target, replicas: targetReplicas ?? 0 },
    deleting: deleting === 1,
  };
}

function wantedOf(revision: number | null, generation: number | null): Wanted | null {
  return revision === null || generation === null ? null : { revision, generation };
}
