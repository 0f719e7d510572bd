import { costErrors } from '../errors.ts';
import { type ModelPrice, type Rates, readRate } from './model-price.ts';
import { NumberText } from './parse-json-exactly.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** At most so many problems are told. */
const MAX_PROBLEMS = 10;
const MAX_NAME = 200;
/** No model answers with more. */
const MAX_OUTPUT_TOKENS = 100_000_000;

export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof NumberText)
  );
}

/** What is found wrong, and left out, on the way through a file. */
export class Reading {
  #told: string[] = [];
  problems = 0;
  skipped = 0;
  rounded = 0;

  problem(text: string): void {
    this.problems++;
    if (this.#told.length < MAX_PROBLEMS) this.#told.push(text);
  }

  /** As `model "gpt-x": output: "-1" is negative`. */
  wrong(model: string, field: string, { value, problem }: { value: unknown; problem: string }) {
    const shown = value === undefined ? '' : `${shownValue(value)} `;
    this.problem(`model ${JSON.stringify(model.slice(0, MAX_NAME))}: ${field}: ${shown}${problem}`);
  }

  /** Undefined: it is absent, or wrong. */
  rate(model: string, field: string, how: { value: unknown; scale: 0 | 6 }): string | undefined {
    if (how.value === undefined || how.value === null) return undefined;
    const text = how.value instanceof NumberText ? how.value.text : how.value;
    const read = readRate(text, how);
    if (!read.ok) {
      this.wrong(model, field, { value: how.value, problem: read.problem });
      return undefined;
    }
    if (read.rounded) this.rounded++;
    return read.rate;
  }

  /** A number of tokens, as a number. */
  tokens(model: string, field: string, value: unknown): number | undefined {
    const text = value instanceof NumberText ? value.text : String(value);
    const count = Number(text);
    if (Number.isSafeInteger(count) && count >= 0 && count <= MAX_OUTPUT_TOKENS) return count;
    this.wrong(model, field, { value, problem: 'is not a number of tokens' });
    return undefined;
  }

  /** Says what a model's price cannot do without. */
  needs(price: ModelPrice, classes: readonly (keyof Rates)[]): void {
    for (const name of classes)
      if (price.rates[name] === undefined)
        this.wrong(price.model, name, { value: undefined, problem: 'is missing' });
  }

  name(name: string): boolean {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (name !== '' && name.length <= MAX_NAME && !/[\u0000-\u001f\u007f]/.test(name)) return true;
    this.wrong(name, 'name', { value: undefined, problem: `must be 1 to ${MAX_NAME} characters` });
    return false;
  }

  /** @throws prices_invalid */
  check(): void {
    if (this.problems === 0) return;
    const more = this.problems - this.#told.length;
    const rest = more > 0 ? `; and ${more} more` : '';
    throw costErrors.prices_invalid(`The price file: ${this.#told.join('; ')}${rest}.`, {
      details: { problems: [...this.#told] },
    });
  }
}

function shownValue(value: unknown): string {
  if (value instanceof NumberText) return value.text.slice(0, 40);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : String(value);
}
