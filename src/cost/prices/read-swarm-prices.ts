/** A workspace's own prices: docs/guides/cost.md shows the form. Dollars per million tokens. */
import type { MachineTimePrice, ModelPrice, PriceContent, PriceTier } from './model-price.ts';
import { readRates } from './read-rates.ts';
import { isObject, type JsonObject, type Reading } from './reading.ts';

const KNOWN = new Set(['models', 'machineTime']);
const ABOUT = ['provider', 'tiers', 'maxInputTokens', 'maxOutputTokens', 'source', 'asOf'];

export function readSwarmPrices(file: JsonObject, reading: Reading): PriceContent {
  for (const key of Object.keys(file))
    if (!KNOWN.has(key))
      reading.problem(
        `${JSON.stringify(key.slice(0, 100))} is not known: there are models, machineTime`,
      );
  const models: ModelPrice[] = [];
  const given = file.models ?? {};
  if (!isObject(given)) reading.problem('"models" is not an object');
  else
    for (const [model, about] of Object.entries(given)) {
      if (!isObject(about)) {
        reading.wrong(model, 'entry', { value: about, problem: 'is not an object' });
        continue;
      }
      if (reading.name(model)) models.push(readModel(model, { about, reading }));
    }
  const machineTime = readMachineTime(file.machineTime, reading);
  return { models, ...(machineTime !== undefined && { machineTime }) };
}

function readModel(
  model: string,
  { about, reading }: { about: JsonObject; reading: Reading },
): ModelPrice {
  const texts: { provider?: string; source?: string; asOf?: string } = {};
  for (const name of ['provider', 'source', 'asOf'] as const) {
    const value = about[name];
    if (value === undefined) continue;
    if (typeof value === 'string' && value !== '' && value.length <= 200) texts[name] = value;
    else reading.wrong(model, name, { value, problem: 'must be 1 to 200 characters' });
  }
  const limit = (name: 'maxInputTokens' | 'maxOutputTokens') =>
    about[name] === undefined ? undefined : reading.tokens(model, name, about[name]);
  const [input, output] = [limit('maxInputTokens'), limit('maxOutputTokens')];
  const price: ModelPrice = {
    model,
    ...texts,
    rates: readRates(model, { field: '', value: about, reading, ignored: ABOUT }),
    tiers: readTiers(model, { value: about.tiers ?? [], reading }),
    ...(input !== undefined && { maxInputTokens: input }),
    ...(output !== undefined && { maxOutputTokens: output }),
  };
  if (about.input === undefined || about.input === null) reading.needs(price, ['input']);
  return price;
}

function readTiers(
  model: string,
  { value, reading }: { value: unknown; reading: Reading },
): PriceTier[] {
  if (!Array.isArray(value)) {
    reading.wrong(model, 'tiers', { value, problem: 'is not a list' });
    return [];
  }
  const tiers: PriceTier[] = [];
  for (const [index, one] of value.entries()) {
    const field = `tiers[${index}]`;
    if (!isObject(one)) {
      reading.wrong(model, field, { value: one, problem: 'is not an object' });
      continue;
    }
    const above = reading.tokens(model, `${field}.above`, one.above);
    if (above === undefined) continue;
    if (above <= (tiers.at(-1)?.above ?? -1))
      reading.wrong(model, `${field}.above`, {
        value: one.above,
        problem: 'is not more than that of the tier before',
      });
    tiers.push({
      above,
      rates: readRates(model, { field, value: one, reading, ignored: ['above'] }),
    });
  }
  return tiers;
}

function readMachineTime(value: unknown, reading: Reading): MachineTimePrice | undefined {
  if (value === undefined) return undefined;
  const label = 'machineTime';
  if (!isObject(value)) {
    reading.problem('"machineTime" is not an object');
    return undefined;
  }
  for (const key of Object.keys(value))
    if (key !== 'vcpuSecond' && key !== 'gibSecond')
      reading.wrong(label, key, { value: value[key], problem: 'is not known' });
  const rate = (field: keyof MachineTimePrice) => {
    const given = value[field] ?? undefined;
    if (given === undefined)
      reading.wrong(label, field, {
        value: undefined,
        problem: 'is missing: write 0 if it is free',
      });
    return reading.rate(label, field, { value: given, scale: 0 }) ?? '0';
  };
  return { vcpuSecond: rate('vcpuSecond'), gibSecond: rate('gibSecond') };
}
