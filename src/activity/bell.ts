/** Wakes one reader: rings between two waits count as one. */
export class Bell {
  #rung = Promise.withResolvers<void>();

  ring(): void {
    this.#rung.resolve();
  }

  /** Resolves when it was rung since the last wait. Whoever ends a reader rings it. */
  async wait(): Promise<void> {
    await this.#rung.promise;
    this.#rung = Promise.withResolvers();
  }
}
