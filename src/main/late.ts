import { apiErrors } from '../api/api.ts';

/** A part that is there only after a while: until then, whoever wants it gets not_ready. */
export class Late<T extends object> {
  #value: T | undefined;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  set(value: T): void {
    this.#value = value;
  }

  /** @throws not_ready */
  get value(): T {
    if (this.#value === undefined)
      throw apiErrors.not_ready(`swarmd is still starting: ${this.#name} is not ready.`);
    return this.#value;
  }

  get valueIfSet(): T | undefined {
    return this.#value;
  }
}
