/** CSV as RFC 4180 has it, one row an entry. */
import type { AuditEntry } from '../../contracts/event.ts';
import { canonicalJson } from '../log/canonical-json.ts';

type Value = string | number | undefined;

const COLUMNS: readonly (readonly [string, (entry: AuditEntry) => Value])[] = [
  ['seq', (entry) => entry.seq],
  ['id', (entry) => entry.id],
  ['phase', (entry) => entry.phase],
  ['intent', (entry) => entry.intent],
  ['time', (entry) => entry.time],
  ['recorded', (entry) => entry.recorded],
  ['workspace', (entry) => entry.workspace],
  ['kind', (entry) => entry.kind],
  ['status', (entry) => entry.status],
  ['actor_type', (entry) => entry.actor.type],
  ['actor_id', (entry) => entry.actor.id],
  ['actor_name', (entry) => entry.actor.name],
  ['actor_auth', (entry) => entry.actor.auth],
  ['actor_token', (entry) => entry.actor.token],
  ['actor_address', (entry) => entry.actor.address],
  ['agent', (entry) => entry.agent],
  ['revision', (entry) => entry.revision],
  ['replica', (entry) => entry.replica],
  ['machine', (entry) => entry.machine],
  ['run', (entry) => entry.run],
  ['span', (entry) => entry.span],
  ['parent', (entry) => entry.parent],
  ['request', (entry) => entry.request],
  ['tool', (entry) => entry.tool],
  ['provider', (entry) => entry.provider],
  ['model', (entry) => entry.model],
  ['error_code', (entry) => entry.error?.code],
  ['error_message', (entry) => entry.error?.message],
  ['duration_ns', (entry) => entry.durationNs],
  ['bytes_in', (entry) => entry.bytes?.in],
  ['bytes_out', (entry) => entry.bytes?.out],
  ['tokens_input', (entry) => entry.tokens?.input],
  ['tokens_output', (entry) => entry.tokens?.output],
  ['tokens_cache_read', (entry) => entry.tokens?.cacheRead],
  ['tokens_cache_write', (entry) => entry.tokens?.cacheWrite],
  ['tokens_reasoning', (entry) => entry.tokens?.reasoning],
  ['cost_amount', (entry) => entry.cost?.amount],
  ['cost_currency', (entry) => entry.cost?.currency],
  ['cost_prices', (entry) => entry.cost?.prices],
  ['payload_policy', (entry) => entry.payload?.policy],
  ['payload_commit', (entry) => entry.payload?.commit],
  ['attributes', (entry) => entry.attributes && canonicalJson(entry.attributes)],
];

/** The three last are not made from the entry's members. */
export const CSV_HEADER = `${[...COLUMNS.map(([name]) => name), 'erased', 'leaf_hash', 'entry'].join(',')}\r\n`;

const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * A spreadsheet takes a field for a formula that begins like one: such a field gets a ' before it.
 * The column `entry` begins with { always, so what is hashed stays as it is.
 */
function csvField(value: Value): string {
  if (value === undefined) return '';
  const text = String(value);
  const guarded = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Without its line's end. @param text the entry's canonical JSON */
export function csvRow(entry: AuditEntry, text: string): string {
  const values = COLUMNS.map(([, of]) => csvField(of(entry)));
  return `${values.join(',')},,,${csvField(text)}`;
}

export function erasedCsvRow(seq: number, leafHash: string): string {
  return `${seq}${','.repeat(COLUMNS.length)}true,${csvField(leafHash)},`;
}
