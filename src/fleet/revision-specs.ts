import type { AgentConfig } from '../contracts/agent-config.ts';
import type { ImageConfig } from '../images/images.ts';
import type { RevisionRow, Store } from '../store/store.ts';
import { type HealthPlan, planHealth } from './health-plan.ts';
import { type ProcessPlan, planProcess } from './process-spec.ts';

/** All that the fleet needs to know of a revision. */
export interface RevisionSpec {
  readonly number: number;
  readonly image: { readonly digest: string; readonly origin: string };
  readonly config: AgentConfig;
  readonly process: ProcessPlan;
  readonly health: HealthPlan;
}

/**
 * What a revision means for its machines; the same for all of them.
 * @throws image_without_command, port_ambiguous, port_invalid
 */
export function revisionSpecOf(
  row: Pick<RevisionRow, 'number' | 'imageDigest' | 'imageOrigin' | 'imageConfig' | 'config'>,
): RevisionSpec {
  // The store keeps it as JSON without looking into it; images/ made and validated it.
  const image = row.imageConfig as ImageConfig;
  const process = planProcess(image, row.config);
  return {
    number: row.number,
    image: { digest: row.imageDigest, origin: row.imageOrigin },
    config: row.config,
    process,
    health: planHealth(image, { config: row.config, port: process.port }),
  };
}

const MAX_CACHED = 500;

/** Revisions never change, so what was read once is kept. */
export class RevisionSpecs {
  readonly #store: Store;
  readonly #cache = new Map<string, RevisionSpec>();

  constructor(store: Store) {
    this.#store = store;
  }

  async find(agentId: string, number: number): Promise<RevisionSpec | undefined> {
    const key = `${agentId}/${number}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const row = await this.#store.revisions.find(agentId, number);
    if (row === undefined) return undefined;
    const spec = revisionSpecOf(row);
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(key, spec);
    return spec;
  }

  async get(agentId: string, number: number): Promise<RevisionSpec> {
    const spec = await this.find(agentId, number);
    if (spec === undefined) throw new Error(`agent ${agentId} has no revision ${number}`);
    return spec;
  }

  /** The agent is gone. */
  forget(agentId: string): void {
    for (const key of this.#cache.keys())
      if (key.startsWith(`${agentId}/`)) this.#cache.delete(key);
  }
}
