import type { SecretKey, SecretRow } from '../store/store.ts';

/** Agents and names have no NUL in them. */
export function keyText({ workspaceId, agent, name }: SecretKey): string {
  return `${workspaceId}\0${agent ?? ''}\0${name}`;
}

/** As it is called in messages: `API_KEY`, or `API_KEY of the agent desk`. */
export function calledName({ agent, name }: Pick<SecretKey, 'agent' | 'name'>): string {
  return agent === null ? name : `${name} of the agent ${agent}`;
}

export interface SecretUser {
  readonly workspaceId: string;
  readonly agent: string;
}

/** Every secret there is, without its value: lookups wait for nothing. */
export class SecretIndex {
  readonly #rows = new Map<string, SecretRow>();

  constructor(rows: readonly SecretRow[]) {
    for (const row of rows) this.put(row);
  }

  find(key: SecretKey): SecretRow | undefined {
    return this.#rows.get(keyText(key));
  }

  /** What an agent gets for a name: its own secret, or the workspace's. */
  effective({ workspaceId, agent }: SecretUser, name: string): SecretRow | undefined {
    return this.find({ workspaceId, agent, name }) ?? this.find({ workspaceId, agent: null, name });
  }

  /** By name, the workspace's own first. */
  list(workspaceId: string): readonly SecretRow[] {
    return [...this.#rows.values()]
      .filter((row) => row.workspaceId === workspaceId)
      .sort((a, b) => order(`${a.name}\0${a.agent ?? ''}`, `${b.name}\0${b.agent ?? ''}`));
  }

  /** One that is deleted leaves. */
  put(row: SecretRow): void {
    if (row.deletedAtMs === null) this.#rows.set(keyText(row), row);
    else this.#rows.delete(keyText(row));
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
