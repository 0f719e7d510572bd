interface Running<T> {
  readonly outcome: Promise<T>;
  readonly signal: AbortSignal;
}

/**
 * Runs one piece of work per key at a time; callers that come meanwhile share its outcome, and
 * start again when it ended because the caller who ran it gave up.
 */
export class OnceByKey<T> {
  readonly #running = new Map<string, Running<T>>();

  async do(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const running = this.#running.get(key);
      if (running === undefined) break;
      try {
        return await unlessAborted(running.outcome, signal);
      } catch (error) {
        if (!running.signal.aborted) throw error;
      }
    }
    const outcome = work().finally(() => this.#running.delete(key));
    this.#running.set(key, { outcome, signal });
    return await outcome;
  }
}

async function unlessAborted<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([outcome, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
