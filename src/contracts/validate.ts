/**
 * What is wrong with a value, in words fit for the person who wrote it: each issue with its path
 * and, for unknown keys and values, the nearest known one. Used for agent.yaml and for requests.
 */
import type { z } from 'zod';
import { nearest } from '../base/nearest.ts';
import { knownKeys } from './known-keys.ts';

export interface ValidationIssue {
  /** Keys and indexes from the root; for an unknown key it ends with that key. */
  readonly path: readonly (string | number)[];
  /** The same as text: `spec.health.interval`, `spec.command[0]`; '' is the root. */
  readonly at: string;
  readonly kind: 'unknown_key' | 'missing' | 'invalid';
  /** Without the path: `unknown key "helth"; did you mean "health"?`. */
  readonly message: string;
  /** The known key or value that was probably meant. */
  readonly nearest?: string;
}

export type Validation<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly ValidationIssue[] };

/** At most this many issues are told: more help nobody, and the value may be hostile. */
const MAX_ISSUES = 20;

/** Parses `value` by `schema`; never throws for a bad value. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): Validation<z.output<S>> {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return { ok: true, value: result.data };
  const context = { schema, value };
  const issues = result.error.issues.flatMap((issue) => explain(issue, context, []));
  return { ok: false, issues: issues.slice(0, MAX_ISSUES) };
}

/** `spec.command[0]`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** One line of an issue: `spec.helth: unknown key; did you mean "health"?`. */
export function formatIssue(issue: ValidationIssue): string {
  return issue.at === '' ? issue.message : `${issue.at}: ${issue.message}`;
}

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];
interface Context {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

function explain(issue: Issue, context: Context, prefix: Path): ValidationIssue[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(context.schema, context.value, path);
      return issue.keys.map((key) => unknownKey([...path, key], key, known));
    }
    case 'invalid_union':
      return explainUnion(issue, context, path);
    case 'invalid_type':
      return [invalidType(issue, context, path)];
    case 'invalid_value':
      return [invalidValue(issue, context, path)];
    case 'too_big':
      return [outOfBounds(path, issue.origin, { word: 'most', bound: issue.maximum })];
    case 'too_small':
      return [outOfBounds(path, issue.origin, { word: 'least', bound: issue.minimum })];
    case 'invalid_key':
      return issue.issues.flatMap((inner) => [made(path, 'invalid', `this key ${inner.message}`)]);
    default:
      return [made(path, 'invalid', lowerFirst(issue.message))];
  }
}

function made(path: Path, kind: ValidationIssue['kind'], message: string): ValidationIssue {
  return { path, at: formatPath(path), kind, message };
}

function unknownKey(path: Path, key: string, known: readonly string[]): ValidationIssue {
  const meant = nearest(key, known);
  const shown = JSON.stringify(key.slice(0, 100));
  if (meant !== undefined)
    return {
      ...made(path, 'unknown_key', `unknown key ${shown}; did you mean "${meant}"?`),
      nearest: meant,
    };
  const list = known.length === 0 ? '' : `; known keys are ${known.join(', ')}`;
  return made(path, 'unknown_key', `unknown key ${shown}${list}`);
}

function invalidType(
  issue: Extract<Issue, { code: 'invalid_type' }>,
  context: Context,
  path: Path,
): ValidationIssue {
  const given = valueAt(context.value, path);
  const expected = issue.expected === 'int' ? 'a whole number' : withArticle(issue.expected);
  if (given === undefined) return made(path, 'missing', `is missing; must be ${expected}`);
  return made(path, 'invalid', `must be ${expected}, is ${describeType(given)}`);
}

function invalidValue(
  issue: Extract<Issue, { code: 'invalid_value' }>,
  context: Context,
  path: Path,
): ValidationIssue {
  const given = valueAt(context.value, path);
  const values = issue.values.map(String);
  const list = values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
  if (given === undefined) return made(path, 'missing', `is missing; must be ${list}`);
  const meant = typeof given === 'string' ? nearest(given, values) : undefined;
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  const message = `must be ${list}, is ${describeValue(given)}${hint}`;
  return { ...made(path, 'invalid', message), ...(meant !== undefined && { nearest: meant }) };
}

function outOfBounds(
  path: Path,
  origin: string,
  { word, bound }: { word: 'most' | 'least'; bound: number | bigint },
): ValidationIssue {
  const noun = { string: 'character', array: 'item', record: 'key' }[origin];
  if (noun === undefined) return made(path, 'invalid', `must be at ${word} ${bound}`);
  return made(path, 'invalid', `must have at ${word} ${bound} ${noun}${bound === 1 ? '' : 's'}`);
}

/** Of a union, the branch that the value was probably meant for: the one that fails deepest. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  context: Context,
  path: Path,
): ValidationIssue[] {
  const branches = issue.errors.filter((errors) => errors.length > 0);
  const inside = branches.filter(
    (errors) => !errors.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  );
  const values = branches.flatMap((errors) =>
    errors.flatMap((inner) =>
      inner.code === 'invalid_value' && inner.path.length === 0 ? inner.values.map(String) : [],
    ),
  );
  const given = valueAt(context.value, path);
  if (typeof given === 'string' && values.length > 0) {
    const meant = nearest(given, values);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    const message = `must be one of ${values.join(', ')}, is ${describeValue(given)}${hint}`;
    return [{ ...made(path, 'invalid', message), ...(meant !== undefined && { nearest: meant }) }];
  }
  const likely = inside.length === 1 ? inside[0] : undefined;
  if (likely !== undefined)
    return likely.flatMap((inner) => explain(inner as Issue, context, path));
  if (given === undefined) return [made(path, 'missing', 'is missing')];
  const wanted = branches.flatMap((errors) =>
    errors.flatMap((inner) => (inner.code === 'invalid_type' ? [withArticle(inner.expected)] : [])),
  );
  const list = [...new Set(wanted)].join(' or ');
  if (list === '') return [made(path, 'invalid', lowerFirst(issue.message))];
  return [made(path, 'invalid', `must be ${list}, is ${describeType(given)}`)];
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    // A list that stands in an address as `a,b`.
    if (typeof current === 'string' && typeof part === 'number') {
      current = current.split(',')[part];
      continue;
    }
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part))
      return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

function withArticle(type: string): string {
  if (type === 'object' || type === 'record') return 'a mapping of keys to values';
  if (type === 'array') return 'a list';
  if (type === 'string') return 'text';
  if (type === 'boolean') return 'true or false';
  if (type === 'int') return 'a whole number';
  return `a ${type}`;
}

function describeType(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping of keys to values';
  return describeValue(value);
}

/** Short, and never the whole of a long text: it may be a secret put in the wrong place. */
function describeValue(value: unknown): string {
  if (typeof value === 'object') return describeType(value);
  if (typeof value !== 'string') return String(value);
  return value.length > 40 ? `text of ${value.length} characters` : JSON.stringify(value);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
