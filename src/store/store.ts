/**
 * The relational state: agents, revisions, deployments, machines, slots, principals, tokens,
 * idempotency keys, how long the audit log keeps what, secrets as envelopes. The front file of the area; but for the
 * audit log's index, no SQL lies anywhere else.
 */
import { CamelCasePlugin, Kysely, SqliteDialect } from 'kysely';
import type { Logger } from '../base/logger.ts';
import { type AgentStore, createAgentStore } from './agents.ts';
import { type AuditRetentionStore, createAuditRetentionStore } from './audit-retention.ts';
import { type CostStore, createCostStore } from './cost.ts';
import { createDeploymentStore, type DeploymentStore } from './deployments.ts';
import { createEgressRuleStore, type EgressRuleStore } from './egress-rules.ts';
import { createIdempotencyStore, type IdempotencyStore } from './idempotency.ts';
import { createMachineStore, type MachineStore } from './machines.ts';
import { migrateToLatest } from './migrate.ts';
import { createPrincipalStore, type PrincipalStore } from './principals.ts';
import { createRevisionStore, type RevisionStore } from './revisions.ts';
import type { Schema } from './schema.ts';
import { createSecretStore, type SecretStore } from './secrets.ts';
import { createSessionStore, type SessionStore } from './sessions.ts';
import { createSlotStore, type SlotStore } from './slots.ts';
import { openSqliteDatabase } from './sqlite-database.ts';
import { createTokenStore, type TokenStore } from './tokens.ts';

export type { AgentChange, AgentRow, AgentStore, NewAgent, Target, Wanted } from './agents.ts';
export type { AuditHoldRow, AuditRetentionRow, AuditRetentionStore } from './audit-retention.ts';
export type {
  CostDayRow,
  CostKey,
  CostRunRow,
  CostStore,
  CostSums,
  MachineTimeRow,
} from './cost.ts';
export type { BudgetRow, PauseRow, PriceListRow } from './cost-settings.ts';
export type { DeploymentChange, DeploymentRow, DeploymentStore } from './deployments.ts';
export type { EgressModeRow, EgressRuleRow, EgressRuleStore } from './egress-rules.ts';
export { storeErrors } from './errors.ts';
export type { IdempotencyClaim, IdempotencyKey, IdempotencyStore } from './idempotency.ts';
export type { MachineChange, MachineExit, MachineRow, MachineStore } from './machines.ts';
export type { PrincipalRow, PrincipalStore } from './principals.ts';
export type { RevisionRow, RevisionStore } from './revisions.ts';
export type {
  SecretKey,
  SecretRow,
  SecretStore,
  SecretVersionRow,
  WorkspaceKeyRow,
} from './secrets.ts';
export type { SessionRow, SessionStore } from './sessions.ts';
export type { SlotFailure, SlotRow, SlotStore } from './slots.ts';
export type { TokenRow, TokenStore } from './tokens.ts';

/** Functions over one table each. */
export interface Tables {
  readonly agents: AgentStore;
  readonly revisions: RevisionStore;
  readonly deployments: DeploymentStore;
  readonly machines: MachineStore;
  readonly slots: SlotStore;
  readonly principals: PrincipalStore;
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  readonly idempotency: IdempotencyStore;
  readonly auditRetention: AuditRetentionStore;
  readonly egressRules: EgressRuleStore;
  readonly cost: CostStore;
  readonly secrets: SecretStore;
}

export interface Store extends Tables {
  /**
   * All or nothing. `work` uses only the tables it is given: the store's own wait for the
   * transaction to end. Nothing that waits for anything but the database belongs in it.
   */
  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens the SQLite database at `path`, made when it is not there, and brings it up to date.
 * @throws store_unavailable, store_corrupt, store_newer
 */
export async function createStore(options: { path: string; log: Logger }): Promise<Store> {
  const database = openSqliteDatabase(options.path);
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    const applied = await migrateToLatest(db.withoutPlugins() as unknown as Kysely<unknown>, {
      path: options.path,
    });
    if (applied.length > 0) options.log.info({ applied }, 'database brought up to date');
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    ...tablesOn(db),
    transaction: (work) => db.transaction().execute((inside) => work(tablesOn(inside))),
    close: () => db.destroy(),
  };
}

function tablesOn(db: Kysely<Schema>): Tables {
  return {
    agents: createAgentStore(db),
    revisions: createRevisionStore(db),
    deployments: createDeploymentStore(db),
    machines: createMachineStore(db),
    slots: createSlotStore(db),
    principals: createPrincipalStore(db),
    tokens: createTokenStore(db),
    sessions: createSessionStore(db),
    idempotency: createIdempotencyStore(db),
    auditRetention: createAuditRetentionStore(db),
    egressRules: createEgressRuleStore(db),
    cost: createCostStore(db),
    secrets: createSecretStore(db),
  };
}
