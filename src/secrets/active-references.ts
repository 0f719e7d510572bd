import type { Store } from '../store/store.ts';
import { secretNamesIn } from './secret-references.ts';

/** An agent and the secrets that its active revision, or the one it is moving to, names. */
export interface SecretReferences {
  readonly agent: string;
  readonly names: ReadonlySet<string>;
}

export async function activeReferences(
  { agents, revisions }: Pick<Store, 'agents' | 'revisions'>,
  workspaceId: string,
): Promise<readonly SecretReferences[]> {
  const found: SecretReferences[] = [];
  for (const { id, name, active, target } of await agents.list(workspaceId)) {
    const names = new Set<string>();
    for (const number of new Set([active?.revision, target?.revision])) {
      const revision = number === undefined ? undefined : await revisions.find(id, number);
      for (const used of secretNamesIn(revision?.config.env ?? {})) names.add(used);
    }
    found.push({ agent: name, names });
  }
  return found;
}
