/**
 * Hand-written, because zod costs tens of microseconds an event: takes what `ingestEvent`
 * (src/contracts/ingest-event.ts) takes, which a property test holds in both directions.
 */
import { nearest } from '../../base/nearest.ts';
import { jsonProblem } from './check-json.ts';

/** What is wrong with a value, as the rest of a sentence that begins with its name; or undefined. */
type Check = (value: unknown) => string | undefined;

type Fields = Readonly<Record<string, Check>>;

const label =
  (max: number): Check =>
  (value) => {
    if (typeof value !== 'string') return 'must be text';
    if (value.length === 0) return 'must not be empty';
    if (value.length > max) return `is longer than ${max} characters`;
    return value.isWellFormed() ? undefined : 'has half of a surrogate pair';
  };

const matching =
  (pattern: RegExp, expected: string): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `must be ${expected}`;

const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? undefined
    : 'must be a whole number, 0 or more';

const json: Check = (value) => jsonProblem(value);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const object =
  (fields: Fields, required: readonly string[] = []): Check =>
  (value) => {
    if (!isObject(value)) return 'must be an object';
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key)) return `has the ${unknownKey(key, fields)}`;
      const problem = fields[key]?.(value[key]);
      if (problem !== undefined) return `has a wrong ${key}: it ${problem}`;
    }
    for (const key of required) if (!Object.hasOwn(value, key)) return `needs ${key}`;
    return undefined;
  };

const attributes: Check = (value) => {
  if (!isObject(value)) return 'must be an object';
  for (const key of Object.keys(value))
    if (key.length === 0 || key.length > 200) return 'must have names of 1 to 200 characters';
  return jsonProblem(value);
};

const STATUSES = ['ok', 'error', 'refused', 'unknown'];
const KIND = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
const hexRun = matching(/^[0-9a-f]{32}$/, '32 hexadecimal digits');
const hexSpan = matching(/^[0-9a-f]{16}$/, '16 hexadecimal digits');
const tokens = object({
  ...{ input: count, output: count, reasoning: count },
  ...{ cacheRead: count, cacheWrite: count, cacheWriteLong: count },
});

const FIELDS: Fields = {
  id: (value) => {
    const problem = label(200)(value);
    if (problem !== undefined) return problem;
    return (value as string).startsWith('evt_')
      ? 'must not begin with evt_: those ids are made here'
      : undefined;
  },
  // Form and limits of a time have a code of their own and are checked there.
  time: (value) => (typeof value === 'string' ? undefined : 'must be text'),
  kind: (value) =>
    typeof value === 'string' && value.length <= 100 && KIND.test(value)
      ? undefined
      : 'must be words with dots between them, such as program.invoice_sent',
  status: (value) =>
    STATUSES.includes(value as string) ? undefined : `must be one of ${STATUSES.join(', ')}`,
  ...{ agent: label(100), revision: count, replica: count, machine: label(100) },
  ...{ run: hexRun, span: hexSpan, parent: hexSpan, request: label(100) },
  ...{ tool: label(200), provider: label(100), model: label(200) },
  error: object(
    {
      code: label(100),
      message: (value) => (value === '' ? undefined : label(2000)(value)),
    },
    ['code', 'message'],
  ),
  durationNs: count,
  bytes: object({ in: count, out: count }),
  tokens,
  cost: object(
    {
      amount: matching(/^\d{1,18}(?:\.\d{1,18})?$/, 'a decimal number as text, such as "0.0123"'),
      currency: matching(/^[A-Z]{3}$/, 'a currency such as USD'),
    },
    ['amount', 'currency'],
  ),
  payload: object({ request: json, response: json }),
  attributes,
};
const CHECKS = new Map(Object.entries(FIELDS));

function unknownKey(key: string, fields: Fields): string {
  const shown = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  const near = nearest(key, Object.keys(fields));
  return `unknown field ${shown}${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

/** What is wrong with a line, as a sentence without its end, or undefined. */
export function eventProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'a line must be a JSON object';
  for (const key of Object.keys(value)) {
    const check = CHECKS.get(key);
    if (check === undefined) return unknownKey(key, FIELDS);
    const problem = check(value[key]);
    if (problem !== undefined) return `${key} ${problem}`;
  }
  return undefined;
}
