/**
 * The tables as Kysely sees them: camel case here, snake case in the database (CamelCasePlugin).
 * Times are milliseconds since the epoch, flags 0 or 1, JSON is text: the same in every dialect.
 */
export interface AgentsTable {
  id: string;
  workspaceId: string;
  name: string;
  replicas: number;
  activeRevision: number | null;
  activeGeneration: number | null;
  targetRevision: number | null;
  targetGeneration: number | null;
  targetReplicas: number | null;
  lastGeneration: number;
  lastRevision: number;
  deploymentId: string | null;
  deleting: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface RevisionsTable {
  id: string;
  workspaceId: string;
  agentId: string;
  number: number;
  imageDigest: string;
  imageOrigin: string;
  imageConfig: string;
  config: string;
  source: string;
  /** Of image digest and configuration: the same hash is the same revision. */
  contentHash: string;
  createdAtMs: number;
  createdBy: string;
}

export interface DeploymentsTable {
  id: string;
  workspaceId: string;
  agentId: string;
  agentName: string;
  kind: string;
  state: string;
  step: string | null;
  fromRevision: number | null;
  toRevision: number | null;
  /** Generation that the deployment starts machines of. */
  generation: number | null;
  /** The deployment made the agent, and removes it again when it fails. */
  createsAgent: number;
  request: string;
  error: string | null;
  createdAtMs: number;
  finishedAtMs: number | null;
  createdBy: string;
}

export interface DeploymentEventsTable {
  workspaceId: string;
  deploymentId: string;
  seq: number;
  event: string;
}

export interface MachinesTable {
  id: string;
  workspaceId: string;
  agentId: string;
  revision: number;
  generation: number;
  replica: number;
  state: string;
  reason: string | null;
  /** Something of the machine is, or may be, on the host. */
  onHost: number;
  exit: string | null;
  createdAtMs: number;
  startedAtMs: number | null;
  healthyAtMs: number | null;
  endedAtMs: number | null;
}

export interface SlotsTable {
  workspaceId: string;
  agentId: string;
  generation: number;
  replica: number;
  state: string;
  failures: number;
  restarts: number;
  nextStartAtMs: number | null;
  reason: string | null;
  /** The last failure as JSON, for the error of a deployment. */
  failure: string | null;
}

export interface PrincipalsTable {
  id: string;
  workspaceId: string;
  kind: string;
  name: string;
  createdAtMs: number;
}

export interface TokensTable {
  id: string;
  workspaceId: string;
  principalId: string;
  name: string;
  /** SHA-256 of the secret, hexadecimal; the secret itself is stored nowhere. */
  secretSha256: string;
  scopes: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  lastUsedAtMs: number | null;
}

export interface SessionsTable {
  id: string;
  workspaceId: string;
  tokenId: string;
  /** SHA-256 of the secret, hexadecimal; the secret itself is stored nowhere. */
  secretSha256: string;
  headerSha256: string;
  client: string;
  address: string;
  createdAtMs: number;
  lastUsedAtMs: number;
  expiresAtMs: number;
  endedAtMs: number | null;
}

export interface IdempotencyKeysTable {
  workspaceId: string;
  principalId: string;
  key: string;
  requestHash: string;
  status: number | null;
  response: string | null;
  createdAtMs: number;
  expiresAtMs: number;
}

export interface AuditRetentionTable {
  workspaceId: string;
  /** Empty: the workspace's own setting. */
  agent: string;
  keepPayloadsDays: number | null;
  keepEventsDays: number | null;
  updatedAtMs: number;
  updatedBy: string;
}

export interface AuditHoldsTable {
  workspaceId: string;
  name: string;
  reason: string;
  agent: string | null;
  run: string | null;
  since: string | null;
  until: string | null;
  createdAtMs: number;
  createdBy: string;
}

export interface AuditErasuresTable {
  workspaceId: string;
  /** Entries that say what is erased have been carried out up to this sequence number. */
  doneSeq: number;
}

export interface WorkspaceKeysTable {
  workspaceId: string;
  rootKeyId: string;
  wrappedKey: string;
  createdAtMs: number;
}

export interface SecretsTable {
  workspaceId: string;
  /** Empty: the workspace's. */
  agent: string;
  name: string;
  mode: string;
  hosts: string;
  headers: string;
  allowHttp: number;
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
  updatedBy: string;
  lastUsedAtMs: number | null;
  deletedAtMs: number | null;
}

export interface SecretVersionsTable {
  workspaceId: string;
  agent: string;
  name: string;
  version: number;
  envelope: string | null;
  createdAtMs: number;
  createdBy: string;
  endedAtMs: number | null;
  lastUsedAtMs: number | null;
}

export interface EgressRulesTable {
  id: string;
  workspaceId: string;
  agent: string;
  rule: string;
  createdAtMs: number;
  createdBy: string;
}

export interface EgressModesTable {
  workspaceId: string;
  agent: string;
  mode: string;
  updatedAtMs: number;
  updatedBy: string;
}

interface CostSumsColumns {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** Decimal text. */
  amount: string;
  unpriced: number;
  usageMissing: number;
}

export interface CostDaysTable extends CostSumsColumns {
  workspaceId: string;
  /** 2026-01-31, UTC. */
  day: string;
  agent: string;
  provider: string;
  model: string;
  tool: string;
}

export interface CostRunsTable extends CostDaysTable {
  run: string;
}

export interface CostWatermarksTable {
  workspaceId: string;
  /** Entries of the audit log up to this one are in the sums. */
  seq: number;
}

export interface CostMachineMetersTable {
  machineId: string;
  workspaceId: string;
  upToMs: number;
}

export interface CostPricesTable {
  workspaceId: string;
  name: string;
  version: string;
  format: string;
  content: string;
  createdAtMs: number;
  createdBy: string;
}

export interface CostBudgetsTable {
  workspaceId: string;
  name: string;
  agent: string | null;
  period: string;
  limitMoney: string | null;
  limitTokens: number | null;
  /** JSON: percentages. */
  thresholds: string;
  allowUnpriced: number;
  updatedAtMs: number;
  updatedBy: string;
}

export interface CostPausesTable {
  workspaceId: string;
  agent: string;
  reason: string;
  pausedAtMs: number;
  pausedBy: string;
}

export interface Schema {
  agents: AgentsTable;
  revisions: RevisionsTable;
  deployments: DeploymentsTable;
  deploymentEvents: DeploymentEventsTable;
  machines: MachinesTable;
  slots: SlotsTable;
  principals: PrincipalsTable;
  tokens: TokensTable;
  sessions: SessionsTable;
  idempotencyKeys: IdempotencyKeysTable;
  auditRetention: AuditRetentionTable;
  auditHolds: AuditHoldsTable;
  auditErasures: AuditErasuresTable;
  egressRules: EgressRulesTable;
  egressModes: EgressModesTable;
  costDays: CostDaysTable;
  costRuns: CostRunsTable;
  costWatermarks: CostWatermarksTable;
  costMachineMeters: CostMachineMetersTable;
  costPrices: CostPricesTable;
  costBudgets: CostBudgetsTable;
  costPauses: CostPausesTable;
  workspaceKeys: WorkspaceKeysTable;
  secrets: SecretsTable;
  secretVersions: SecretVersionsTable;
}
