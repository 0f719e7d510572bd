import { createHash } from 'node:crypto';
import type { AgentConfig } from '../contracts/agent-config.ts';

/** The same image and configuration have the same hash, whatever the order of their keys. */
export function contentHash(content: { digest: string; config: AgentConfig }): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
