import type { Kysely, Selectable } from 'kysely';
import type { Problem, ReplicaResource } from '../contracts/resources.ts';
import type { Schema, SlotsTable } from './schema.ts';

/** What is remembered of a numbered slot of a generation, across the machines that fill it. */
export interface SlotRow {
  readonly workspaceId: string;
  readonly agentId: string;
  readonly generation: number;
  readonly replica: number;
  readonly state: ReplicaResource['state'];
  /** In a row. */
  readonly failures: number;
  readonly restarts: number;
  readonly nextStartAtMs: number | null;
  readonly reason: string | null;
  readonly failure: SlotFailure | null;
}

/** Why the last machine of the slot failed. */
export interface SlotFailure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly machineId: string;
  readonly details?: Problem['details'];
}

export interface SlotStore {
  /** Writes the row, new or not. */
  put(slot: SlotRow): Promise<void>;
  listOf(agentId: string): Promise<readonly SlotRow[]>;
  /** Removes one slot, or all of a generation. */
  remove(slot: { agentId: string; generation: number; replica?: number }): Promise<void>;
}

export function createSlotStore(db: Kysely<Schema>): SlotStore {
  return {
    async put({ failure, ...same }) {
      const row = { ...same, failure: failure === null ? null : JSON.stringify(failure) };
      await db
        .insertInto('slots')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['agentId', 'generation', 'replica']).doUpdateSet(row),
        )
        .execute();
    },
    async listOf(agentId) {
      const found = await db
        .selectFrom('slots')
        .selectAll()
        .where('agentId', '=', agentId)
        .orderBy('generation')
        .orderBy('replica')
        .execute();
      return found.map(slotOf);
    },
    async remove({ agentId, generation, replica }) {
      let query = db
        .deleteFrom('slots')
        .where('agentId', '=', agentId)
        .where('generation', '=', generation);
      if (replica !== undefined) query = query.where('replica', '=', replica);
      await query.execute();
    },
  };
}

function slotOf({ state, failure, ...same }: Selectable<SlotsTable>): SlotRow {
  return {
    ...same,
    state: state as SlotRow['state'],
    failure: failure === null ? null : JSON.parse(failure),
  };
}
