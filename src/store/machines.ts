import type { Kysely, Selectable } from 'kysely';
import type { MachineResource, MachineStateName } from '../contracts/resources.ts';
import type { MachinesTable, Schema } from './schema.ts';

export type MachineExit = NonNullable<MachineResource['exit']>;

export interface MachineRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly agentId: string;
  readonly revision: number;
  readonly generation: number;
  readonly replica: number;
  readonly state: MachineStateName;
  readonly reason: string | null;
  /** True from before it is made until nothing of it but its log is left on the host. */
  readonly onHost: boolean;
  readonly exit: MachineExit | null;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly healthyAtMs: number | null;
  readonly endedAtMs: number | null;
}

export type MachineChange = Partial<
  Pick<
    MachineRow,
    'state' | 'reason' | 'onHost' | 'exit' | 'startedAtMs' | 'healthyAtMs' | 'endedAtMs'
  >
>;

export interface MachineStore {
  insert(machine: MachineRow): Promise<void>;
  find(id: string): Promise<MachineRow | undefined>;
  /** Oldest first, ended ones included. */
  listOf(agentId: string): Promise<readonly MachineRow[]>;
  /** Of every agent, all that are or may be on this host. */
  listOnHost(): Promise<readonly MachineRow[]>;
  /**
   * Changes the row only while its state is one of `from`: a move that comes too late is refused.
   * @returns whether it was changed
   */
  change(
    id: string,
    change: MachineChange & { readonly from: readonly MachineStateName[] },
  ): Promise<boolean>;
  remove(id: string): Promise<void>;
}

export function createMachineStore(db: Kysely<Schema>): MachineStore {
  const rows = () => db.selectFrom('machines').selectAll();
  return {
    async insert({ onHost, exit, ...same }) {
      await db
        .insertInto('machines')
        .values({
          ...same,
          onHost: onHost ? 1 : 0,
          exit: exit === null ? null : JSON.stringify(exit),
        })
        .execute();
    },
    async find(id) {
      const row = await rows().where('id', '=', id).executeTakeFirst();
      return row && machineOf(row);
    },
    async listOf(agentId) {
      const found = await rows().where('agentId', '=', agentId).orderBy('id').execute();
      return found.map(machineOf);
    },
    async listOnHost() {
      return (await rows().where('onHost', '=', 1).orderBy('id').execute()).map(machineOf);
    },
    async change(id, { from, onHost, exit, ...plain }) {
      const result = await db
        .updateTable('machines')
        .set({
          ...plain,
          ...(onHost !== undefined && { onHost: onHost ? 1 : 0 }),
          ...(exit !== undefined && { exit: exit === null ? null : JSON.stringify(exit) }),
        })
        .where('id', '=', id)
        .where('state', 'in', from)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async remove(id) {
      await db.deleteFrom('machines').where('id', '=', id).execute();
    },
  };
}

function machineOf({ state, onHost, exit, ...same }: Selectable<MachinesTable>): MachineRow {
  return {
    ...same,
    state: state as MachineStateName,
    onHost: onHost === 1,
    exit: exit === null ? null : JSON.parse(exit),
  };
}
