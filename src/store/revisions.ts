import type { Kysely, Selectable } from 'kysely';
import type { AgentConfig } from '../contracts/agent-config.ts';
import type { Source } from '../contracts/source.ts';
import type { RevisionsTable, Schema } from './schema.ts';

/** Immutable once written. */
export interface RevisionRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly agentId: string;
  /** Counts from 1 within the agent. */
  readonly number: number;
  readonly imageDigest: string;
  readonly imageOrigin: string;
  /** ImageConfig of images/, as JSON: the store does not look into it. */
  readonly imageConfig: unknown;
  readonly config: AgentConfig;
  /** Without credentials. */
  readonly source: Source;
  readonly contentHash: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

export interface RevisionStore {
  insert(revision: RevisionRow): Promise<void>;
  find(agentId: string, number: number): Promise<RevisionRow | undefined>;
  newest(agentId: string): Promise<RevisionRow | undefined>;
  /** Newest first; `before` is the number of the last one seen. */
  list(agentId: string, page: { limit: number; before?: number }): Promise<readonly RevisionRow[]>;
  /** Digests of each agent's active and target revision and of its newest `keep`. */
  usedDigests(options: { keep: number }): Promise<ReadonlySet<string>>;
  remove(agentId: string, number: number): Promise<void>;
}

export function createRevisionStore(db: Kysely<Schema>): RevisionStore {
  const of = (agentId: string) =>
    db.selectFrom('revisions').selectAll().where('agentId', '=', agentId);
  return {
    async insert({ imageConfig, config, source, ...same }) {
      await db
        .insertInto('revisions')
        .values({
          ...same,
          imageConfig: JSON.stringify(imageConfig),
          config: JSON.stringify(config),
          source: JSON.stringify(source),
        })
        .execute();
    },
    async find(agentId, number) {
      const row = await of(agentId).where('number', '=', number).executeTakeFirst();
      return row && revisionOf(row);
    },
    async newest(agentId) {
      const row = await of(agentId).orderBy('number', 'desc').limit(1).executeTakeFirst();
      return row && revisionOf(row);
    },
    async list(agentId, { limit, before }) {
      let query = of(agentId).orderBy('number', 'desc').limit(limit);
      if (before !== undefined) query = query.where('number', '<', before);
      return (await query.execute()).map(revisionOf);
    },
    async usedDigests({ keep }) {
      const rows = await db
        .selectFrom('revisions')
        .innerJoin('agents', 'agents.id', 'revisions.agentId')
        .where((where) =>
          where.or([
            where('revisions.number', '=', where.ref('agents.activeRevision')),
            where('revisions.number', '=', where.ref('agents.targetRevision')),
            // Numbers have gaps where a deployment failed, so this keeps at most `keep`.
            where('revisions.number', '>', where('agents.lastRevision', '-', keep)),
          ]),
        )
        .select('revisions.imageDigest')
        .distinct()
        .execute();
      return new Set(rows.map(({ imageDigest }) => imageDigest));
    },
    async remove(agentId, number) {
      await db
        .deleteFrom('revisions')
        .where('agentId', '=', agentId)
        .where('number', '=', number)
        .execute();
    },
  };
}

function revisionOf({
  imageConfig,
  config,
  source,
  ...same
}: Selectable<RevisionsTable>): RevisionRow {
  return {
    ...same,
    imageConfig: JSON.parse(imageConfig),
    config: JSON.parse(config),
    source: JSON.parse(source),
  };
}
