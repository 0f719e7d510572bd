import type { CostRunRow } from '../../store/store.ts';

/** Models and tools are names that agents and upstreams choose: so many a day of one agent. */
const MAX_KEYS = 500;
const MAX_DAYS = 1_000;
/** Under which all beyond them are added up. */
export const OTHERS = '(others)';

/** Keeps the number of rows bounded, and the sums what they are. */
export class KeyLimit {
  readonly #keys = new Map<string, Set<string>>();

  bound(row: CostRunRow): CostRunRow {
    const place = `${row.day} ${row.agent}`;
    const keys = this.#keys.get(place) ?? new Set();
    this.#keys.set(place, keys);
    if (this.#keys.size > MAX_DAYS) {
      const [oldest] = this.#keys.keys();
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    const key = JSON.stringify([row.provider, row.model, row.tool]);
    if (!keys.has(key) && keys.size >= MAX_KEYS)
      return { ...row, provider: OTHERS, model: OTHERS, tool: row.tool === '' ? '' : OTHERS };
    keys.add(key);
    return row;
  }
}
