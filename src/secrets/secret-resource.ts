import { isoTime } from '../base/clock.ts';
import type { SecretResource, SecretVersionResource } from '../contracts/secret.ts';
import type { SecretRow, SecretVersionRow } from '../store/store.ts';
import type { SecretReferences } from './active-references.ts';
import type { LastUses } from './last-uses.ts';
import type { SecretIndex } from './secret-index.ts';

/** Without the value, which never leaves. */
export function secretResourceOf(
  row: SecretRow,
  { lastUses, usedBy }: { lastUses: LastUses; usedBy: readonly string[] },
): SecretResource {
  const { name, agent, version, mode, hosts, headers, allowHttp, updatedBy } = row;
  return {
    ...{ name, agent, version, mode, allowHttp, updatedBy },
    hosts: [...hosts],
    headers: [...headers],
    createdAt: isoTime(row.createdAtMs),
    updatedAt: isoTime(row.updatedAtMs),
    lastUsedAt: timeOrNull(lastUses.last(row)),
    usedBy: [...usedBy],
  };
}

export function versionResourceOf(
  row: SecretVersionRow,
  { lastUses }: { lastUses: LastUses },
): SecretVersionResource {
  const { version, createdBy, endedAtMs } = row;
  return {
    ...{ version, createdBy },
    state: endedAtMs === null ? 'current' : row.envelope === null ? 'erased' : 'ended',
    createdAt: isoTime(row.createdAtMs),
    endedAt: timeOrNull(endedAtMs),
    lastUsedAt: timeOrNull(lastUses.last(row)),
  };
}

/** Agents that get this secret, and no other of the same name, by what their revisions name. */
export function usersOf(
  row: SecretRow,
  { references, index }: { references: readonly SecretReferences[]; index: SecretIndex },
): readonly string[] {
  const { workspaceId, name } = row;
  return references
    .filter(({ names }) => names.has(name))
    .filter(({ agent }) => index.effective({ workspaceId, agent }, name)?.agent === row.agent)
    .map(({ agent }) => agent);
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
