import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { SecretKey, Store } from '../store/store.ts';
import { keyText } from './secret-index.ts';

const WRITE_AFTER_MS = 30_000;

interface Use {
  readonly key: SecretKey;
  readonly version: number;
  readonly atMs: number;
}

/** When versions were used last: known at once, and written together after a while. */
export class LastUses {
  readonly #uses = new Map<string, Use>();
  readonly #unwritten = new Set<Use>();
  readonly #store: Pick<Store, 'transaction'>;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor({ store, log }: { store: Pick<Store, 'transaction'>; log: Logger }) {
    this.#store = store;
    this.#log = log;
  }

  add(use: Use): void {
    const text = `${keyText(use.key)}\0${use.version}`;
    const earlier = this.#uses.get(text);
    if (earlier !== undefined) this.#unwritten.delete(earlier);
    this.#uses.set(text, use);
    this.#unwritten.add(use);
    this.#timer ??= setTimeout(() => void this.write(), WRITE_AFTER_MS).unref();
  }

  /** Of this version, or of what the store knew of it. */
  last(of: SecretKey & { readonly version: number; readonly lastUsedAtMs: number | null }) {
    return this.#uses.get(`${keyText(of)}\0${of.version}`)?.atMs ?? of.lastUsedAtMs;
  }

  /** Never rejects: what cannot be written now is written with the next use. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const uses = [...this.#unwritten];
    if (uses.length === 0) return;
    try {
      await this.#store.transaction(async ({ secrets }) => {
        for (const { key, version, atMs } of uses) await secrets.markUsed(key, { version, atMs });
      });
      for (const use of uses) this.#unwritten.delete(use);
    } catch (error) {
      this.#log.warn({ error: describeError(error) }, 'last uses of secrets could not be written');
    }
  }
}
