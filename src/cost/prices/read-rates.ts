import { RATE_CLASSES, type RateClass, type Rates } from './model-price.ts';
import { isObject, type Reading } from './reading.ts';

/** Dollars per million tokens by class. A class that does not exist is a mistake, not a price. */
export function readRates(
  label: string,
  how: { field: string; value: unknown; reading: Reading; ignored?: readonly string[] },
): Rates {
  const { field, value, reading, ignored = [] } = how;
  if (!isObject(value)) {
    reading.wrong(label, field, { value, problem: 'is not an object' });
    return {};
  }
  const rates: { -readonly [Class in RateClass]?: string } = {};
  for (const [name, given] of Object.entries(value)) {
    const at = field === '' ? name : `${field}.${name}`;
    if (!(RATE_CLASSES as readonly string[]).includes(name)) {
      if (!ignored.includes(name))
        reading.wrong(label, at, {
          value: given,
          problem: `is not known: there are ${RATE_CLASSES.join(', ')}`,
        });
      continue;
    }
    const rate = reading.rate(label, at, { value: given, scale: 0 });
    if (rate !== undefined) rates[name as RateClass] = rate;
  }
  return rates;
}
