/** How far the index of each workspace is, and who waits for it to get further. */
export class IndexedSizes {
  readonly #sizes = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  of(workspaceId: string): number {
    return this.#sizes.get(workspaceId) ?? 0;
  }

  set(workspaceId: string, size: number): void {
    this.#sizes.set(workspaceId, size);
    for (const look of [...this.#waiting]) look();
  }

  /** @returns whether it got that far before the time was over and the signal came */
  async reached(
    workspaceId: string,
    size: number,
    how: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<boolean> {
    if (this.of(workspaceId) >= size) return true;
    const { timeoutMs, signal } = how;
    if (signal?.aborted === true || timeoutMs === 0) return false;
    const done = Promise.withResolvers<boolean>();
    const look = () => {
      if (this.of(workspaceId) >= size) done.resolve(true);
    };
    const giveUp = () => done.resolve(false);
    this.#waiting.add(look);
    signal?.addEventListener('abort', giveUp, { once: true });
    const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
    try {
      return await done.promise;
    } finally {
      this.#waiting.delete(look);
      signal?.removeEventListener('abort', giveUp);
      clearTimeout(timer);
    }
  }
}
