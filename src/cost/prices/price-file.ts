/**
 * Reads a price file: whole, or not at all. The first things that are wrong are all named with
 * model, field and value.
 */
import { describeError } from '../../base/errors.ts';
import type { PriceFormat } from '../../contracts/cost.ts';
import { costErrors } from '../errors.ts';
import type { PriceContent } from './model-price.ts';
import { parseJsonExactly } from './parse-json-exactly.ts';
import { readAgentgateway } from './read-agentgateway.ts';
import { readLitellm } from './read-litellm.ts';
import { readSwarmPrices } from './read-swarm-prices.ts';
import { isObject, type JsonObject, Reading } from './reading.ts';
import { repeatedKeys } from './repeated-keys.ts';

export interface PriceFile extends PriceContent {
  /** Entries that are not for calls priced by tokens. */
  readonly skipped: number;
  /** Prices that had more decimals than are kept. */
  readonly rounded: number;
}

const MAX_MODELS = 50_000;

const READERS: Record<PriceFormat, (file: JsonObject, reading: Reading) => PriceContent> = {
  swarm: readSwarmPrices,
  litellm: readLitellm,
  agentgateway: readAgentgateway,
};

/** @throws prices_invalid */
export function readPriceFile(text: string, format: PriceFormat): PriceFile {
  const reading = new Reading();
  const file = parseFile(text);
  refuseRepeated(text, { format, reading });
  const content = READERS[format](file, reading);
  if (content.models.length > MAX_MODELS)
    reading.problem(`it has ${content.models.length} models; at most ${MAX_MODELS} are taken`);
  if (reading.problems === 0 && content.models.length === 0 && content.machineTime === undefined)
    reading.problem('it has no price that could be used');
  reading.check();
  return { ...content, skipped: reading.skipped, rounded: reading.rounded };
}

/** Of two prices for one model nobody can say which is meant. Lists of others repeat what they said. */
function refuseRepeated(text: string, how: { format: PriceFormat; reading: Reading }): void {
  for (const { key, lines, isSame } of repeatedKeys(text)) {
    if (isSame && how.format !== 'swarm') continue;
    const [first, again] = lines;
    const where = first === again ? `both in line ${first}` : `in lines ${first} and ${again}`;
    how.reading.problem(
      `${JSON.stringify(key.slice(0, 100))} stands twice in one object, ${where}`,
    );
  }
}

function parseFile(text: string): JsonObject {
  try {
    const file = parseJsonExactly(text);
    if (isObject(file)) return file;
  } catch (error) {
    if (error instanceof RangeError)
      throw costErrors.prices_invalid('The price file nests deeper than any price file does.');
    if (!(error instanceof SyntaxError)) throw error;
    throw costErrors.prices_invalid(
      `The price file is not JSON: ${describeError(error).slice(0, 200)}.`,
    );
  }
  throw costErrors.prices_invalid('The price file is not a JSON object.');
}
