import type { Kysely } from 'kysely';
import { type CostSettingsStore, createCostSettingsStore } from './cost-settings.ts';
import type { Schema } from './schema.ts';

/** Of one key. Tokens are whole numbers, `amount` is decimal text. */
export interface CostSums {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly amount: string;
  /** Calls to a model without a price. */
  readonly unpriced: number;
  /** Calls whose answer did not say what they used. */
  readonly usageMissing: number;
}

/** Empty text stands where there is none. */
export interface CostKey {
  /** 2026-01-31, UTC. */
  readonly day: string;
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  readonly tool: string;
}
export interface CostDayRow extends CostKey, CostSums {}
export interface CostRunRow extends CostDayRow {
  readonly run: string;
}

export interface CostRange {
  readonly workspaceId: string;
  /** Both included. */
  readonly since: string;
  readonly until?: string;
  readonly agent?: string;
}

export interface MeterRow {
  readonly machineId: string;
  readonly workspaceId: string;
  /** Its time is priced up to here. */
  readonly upToMs: number;
}

/** A machine that ran after `sinceMs`, as far as its time is not priced yet. */
export interface MachineTimeRow {
  readonly machineId: string;
  readonly agent: string;
  /** JSON of the revision's configuration. */
  readonly config: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly upToMs: number | null;
}

/** What things cost. The audit log is the truth; sums are kept so that nobody has to read all of it. */
export interface CostStore extends CostSettingsStore {
  days(range: CostRange): Promise<readonly CostDayRow[]>;
  /** Newest day first, at most `limit`. */
  runs(range: CostRange & { readonly limit: number }): Promise<readonly CostRunRow[]>;
  /** The row of that key, or undefined. */
  findDay(workspaceId: string, key: CostKey): Promise<CostSums | undefined>;
  findRun(
    workspaceId: string,
    key: CostKey & { readonly run: string },
  ): Promise<CostSums | undefined>;
  putDay(workspaceId: string, row: CostDayRow): Promise<void>;
  putRun(workspaceId: string, row: CostRunRow): Promise<void>;
  /** Entries up to it are in the sums; -1: none. */
  watermark(workspaceId: string): Promise<number>;
  setWatermark(workspaceId: string, seq: number): Promise<void>;
  putMeter(row: MeterRow): Promise<void>;
  machineTimes(workspaceId: string, sinceMs: number): Promise<readonly MachineTimeRow[]>;
}

export function createCostStore(db: Kysely<Schema>): CostStore {
  return { ...sums(db), ...meters(db), ...createCostSettingsStore(db) };
}

function sums(db: Kysely<Schema>) {
  return {
    async days({ workspaceId, since, until, agent }: CostRange) {
      let query = db.selectFrom('costDays').selectAll().where('workspaceId', '=', workspaceId);
      query = query.where('day', '>=', since);
      if (until !== undefined) query = query.where('day', '<=', until);
      if (agent !== undefined) query = query.where('agent', '=', agent);
      return (await query.orderBy('day').execute()).map(withoutWorkspace);
    },
    async runs({ workspaceId, since, until, agent, limit }: CostRange & { limit: number }) {
      let query = db.selectFrom('costRuns').selectAll().where('workspaceId', '=', workspaceId);
      query = query.where('day', '>=', since);
      if (until !== undefined) query = query.where('day', '<=', until);
      if (agent !== undefined) query = query.where('agent', '=', agent);
      return (await query.orderBy('day', 'desc').limit(limit).execute()).map(withoutWorkspace);
    },
    async findDay(workspaceId: string, key: CostKey) {
      const row = await db
        .selectFrom('costDays')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .where('day', '=', key.day)
        .where('agent', '=', key.agent)
        .where('provider', '=', key.provider)
        .where('model', '=', key.model)
        .where('tool', '=', key.tool)
        .executeTakeFirst();
      return row && sumsOf(row);
    },
    async findRun(workspaceId: string, key: CostKey & { run: string }) {
      const row = await db
        .selectFrom('costRuns')
        .selectAll()
        .where('workspaceId', '=', workspaceId)
        .where('day', '=', key.day)
        .where('agent', '=', key.agent)
        .where('run', '=', key.run)
        .where('provider', '=', key.provider)
        .where('model', '=', key.model)
        .where('tool', '=', key.tool)
        .executeTakeFirst();
      return row && sumsOf(row);
    },
    async putDay(workspaceId: string, row: CostDayRow) {
      await db
        .insertInto('costDays')
        .values({ workspaceId, ...row })
        .onConflict((conflict) =>
          conflict
            .columns(['workspaceId', 'day', 'agent', 'provider', 'model', 'tool'])
            .doUpdateSet(sumsOf(row)),
        )
        .execute();
    },
    async putRun(workspaceId: string, row: CostRunRow) {
      await db
        .insertInto('costRuns')
        .values({ workspaceId, ...row })
        .onConflict((conflict) =>
          conflict
            .columns(['workspaceId', 'day', 'agent', 'run', 'provider', 'model', 'tool'])
            .doUpdateSet(sumsOf(row)),
        )
        .execute();
    },
    async watermark(workspaceId: string) {
      const row = await db
        .selectFrom('costWatermarks')
        .select('seq')
        .where('workspaceId', '=', workspaceId)
        .executeTakeFirst();
      return row?.seq ?? -1;
    },
    async setWatermark(workspaceId: string, seq: number) {
      await db
        .insertInto('costWatermarks')
        .values({ workspaceId, seq })
        .onConflict((conflict) => conflict.column('workspaceId').doUpdateSet({ seq }))
        .execute();
    },
  };
}

function meters(db: Kysely<Schema>) {
  return {
    async putMeter({ machineId, workspaceId, upToMs }: MeterRow) {
      await db
        .insertInto('costMachineMeters')
        .values({ machineId, workspaceId, upToMs })
        .onConflict((conflict) => conflict.column('machineId').doUpdateSet({ upToMs }))
        .execute();
    },
    async machineTimes(workspaceId: string, sinceMs: number): Promise<readonly MachineTimeRow[]> {
      const rows = await db
        .selectFrom('machines')
        .innerJoin('agents', 'agents.id', 'machines.agentId')
        .innerJoin('revisions', (join) =>
          join
            .onRef('revisions.agentId', '=', 'machines.agentId')
            .onRef('revisions.number', '=', 'machines.revision'),
        )
        .leftJoin('costMachineMeters', 'costMachineMeters.machineId', 'machines.id')
        .select([
          'machines.id as machineId',
          'agents.name as agent',
          'revisions.config as config',
          'machines.startedAtMs as startedAtMs',
          'machines.endedAtMs as endedAtMs',
          'costMachineMeters.upToMs as upToMs',
        ])
        .where('machines.workspaceId', '=', workspaceId)
        .where('machines.startedAtMs', 'is not', null)
        .where((where) =>
          where.or([
            where('machines.endedAtMs', 'is', null),
            where.and([
              where('machines.endedAtMs', '>', sinceMs),
              where.or([
                where('costMachineMeters.upToMs', 'is', null),
                where('machines.endedAtMs', '>', where.ref('costMachineMeters.upToMs')),
              ]),
            ]),
          ]),
        )
        .orderBy('machines.id')
        .execute();
      return rows.map((row) => ({ ...row, startedAtMs: row.startedAtMs ?? 0 }));
    },
  };
}

function withoutWorkspace<T extends { workspaceId: string }>(row: T): Omit<T, 'workspaceId'> {
  const { workspaceId: _workspace, ...rest } = row;
  return rest;
}

function sumsOf(row: CostSums): CostSums {
  const { calls, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = row;
  const { reasoningTokens, amount, unpriced, usageMissing } = row;
  return {
    ...{ calls, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens },
    ...{ reasoningTokens, amount, unpriced, usageMissing },
  };
}
