/** The CSV row that docs/audit-format.md demands for an entry. */
import { canonicalJson } from './canonical-json.ts';

type Json = Readonly<Record<string, unknown>>;

/** Column and where its value is in the entry. */
const PATHS: readonly (readonly [string, string])[] = [
  ['seq', 'seq'],
  ['id', 'id'],
  ['phase', 'phase'],
  ['intent', 'intent'],
  ['time', 'time'],
  ['recorded', 'recorded'],
  ['workspace', 'workspace'],
  ['kind', 'kind'],
  ['status', 'status'],
  ['actor_type', 'actor.type'],
  ['actor_id', 'actor.id'],
  ['actor_name', 'actor.name'],
  ['actor_auth', 'actor.auth'],
  ['actor_token', 'actor.token'],
  ['actor_address', 'actor.address'],
  ['agent', 'agent'],
  ['revision', 'revision'],
  ['replica', 'replica'],
  ['machine', 'machine'],
  ['run', 'run'],
  ['span', 'span'],
  ['parent', 'parent'],
  ['request', 'request'],
  ['tool', 'tool'],
  ['provider', 'provider'],
  ['model', 'model'],
  ['error_code', 'error.code'],
  ['error_message', 'error.message'],
  ['duration_ns', 'durationNs'],
  ['bytes_in', 'bytes.in'],
  ['bytes_out', 'bytes.out'],
  ['tokens_input', 'tokens.input'],
  ['tokens_output', 'tokens.output'],
  ['tokens_cache_read', 'tokens.cacheRead'],
  ['tokens_cache_write', 'tokens.cacheWrite'],
  ['tokens_reasoning', 'tokens.reasoning'],
  ['cost_amount', 'cost.amount'],
  ['cost_currency', 'cost.currency'],
  ['cost_prices', 'cost.prices'],
  ['payload_policy', 'payload.policy'],
  ['payload_commit', 'payload.commit'],
  ['attributes', 'attributes'],
];

export const CSV_HEADER = `${[...PATHS.map(([name]) => name), 'erased', 'leaf_hash', 'entry'].join(',')}\r\n`;
/** Place of the last column in a record. */
export const CSV_COLUMNS = PATHS.length + 3;

function field(text: string): string {
  const guarded = '=+-@\t\r'.includes(text[0] ?? ' ') ? `'${text}` : text;
  const needsQuotes = /[",\r\n]/.test(guarded);
  return needsQuotes ? `"${guarded.split('"').join('""')}"` : guarded;
}

function valueAt(entry: Json, path: string): string {
  let value: unknown = entry;
  for (const name of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as Json)[name] : undefined;
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return canonicalJson(value) ?? '';
}

/** @param text the entry's canonical JSON */
export function csvRow(entry: Json, text: string): string {
  const fields = PATHS.map(([, path]) => field(valueAt(entry, path)));
  return `${[...fields, '', '', field(text)].join(',')}\r\n`;
}

export function erasedCsvRow(seq: number, leafHash: string): string {
  const fields = PATHS.map(([name]) => (name === 'seq' ? String(seq) : ''));
  return `${[...fields, 'true', field(leafHash), ''].join(',')}\r\n`;
}

/** The fields of one record with its line's end, with the guard against formulas still on. */
export function csvFields(record: string): string[] {
  const fields: string[] = [];
  const end = record.length - 2;
  for (let at = 0; at <= end; ) {
    if (record[at] === '"') {
      let stop = record.indexOf('"', at + 1);
      while (stop >= 0 && record[stop + 1] === '"') stop = record.indexOf('"', stop + 2);
      if (stop < 0) return [];
      fields.push(
        record
          .slice(at + 1, stop)
          .split('""')
          .join('"'),
      );
      at = stop + 2;
    } else {
      const comma = record.indexOf(',', at);
      const stop = comma < 0 ? end : comma;
      fields.push(record.slice(at, stop));
      at = stop + 1;
    }
  }
  return fields;
}
