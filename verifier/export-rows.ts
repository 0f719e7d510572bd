/** What a row of an export says, and whether it is written as its entry demands. */
import { canonicalJson } from './canonical-json.ts';
import { CSV_COLUMNS, CSV_HEADER, csvFields, csvRow, erasedCsvRow } from './csv-row.ts';
import { leafHash } from './hash-tree.ts';
import { erasedOcsfRow, ocsfRow } from './ocsf-row.ts';
import { decodeBase64 } from './signed-note.ts';
import { payloadProblem } from './verify-proof.ts';

export const FORMATS = ['json', 'jsonl', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof FORMATS)[number];

export const EVENT_FILES: Readonly<Record<ExportFormat, string>> = {
  json: 'events.json',
  jsonl: 'events.jsonl',
  csv: 'events.csv',
  ocsf: 'events.ocsf.jsonl',
};

export interface Row {
  readonly seq: number;
  /** 32 characters, one a byte. */
  readonly leaf: string;
  /** undefined: erased. */
  readonly entry: Readonly<Record<string, unknown>> | undefined;
}

export class RowProblem extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RowProblem('row_malformed', 'it is not JSON');
  }
  if (!isObject(value)) throw new RowProblem('row_malformed', 'it is no JSON object');
  return value;
}

function rowOf(entry: Json, text: string): Row {
  const { seq } = entry;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0)
    throw new RowProblem('row_malformed', 'its entry has no seq');
  return { seq, leaf: leafHash(Buffer.from(text)), entry };
}

function erasedRow(seq: unknown, leaf: unknown): Row {
  const bytes = typeof leaf === 'string' ? decodeBase64(leaf) : undefined;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0 || bytes?.length !== 32)
    throw new RowProblem('row_malformed', 'an erased entry has a seq and a leaf hash');
  return { seq, leaf: bytes.toString('latin1'), entry: undefined };
}

function differs(): RowProblem {
  return new RowProblem('row_differs', 'it is not what its entry demands');
}

function jsonRow(text: string): Row {
  const value = parse(text);
  if (value.entry === undefined) {
    const row = erasedRow(value.seq, value.leafHash);
    if (text !== `{"seq":${row.seq},"leafHash":"${value.leafHash}","erased":true}`) throw differs();
    return row;
  }
  const { entry, payload, payloadSalt } = value;
  const canonical = isObject(entry) ? canonicalJson(entry) : undefined;
  if (!isObject(entry) || canonical === undefined)
    throw new RowProblem('row_malformed', 'its entry has no canonical JSON');
  const kept =
    payload === undefined
      ? ''
      : `,"payload":${JSON.stringify(payload)}${payloadSalt === undefined ? '' : `,"payloadSalt":${JSON.stringify(payloadSalt)}`}`;
  if (text !== `{"entry":${canonical}${kept}}`) throw differs();
  const commit = isObject(entry.payload) ? entry.payload.commit : undefined;
  const problem = payloadProblem({ commit, payload, salt: payloadSalt });
  if (problem !== undefined) throw new RowProblem('payload_mismatch', `its payload: ${problem}`);
  return rowOf(entry, canonical);
}

function csvRecord(text: string): Row {
  const fields = csvFields(text);
  const entryText = fields[CSV_COLUMNS - 1];
  if (fields.length !== CSV_COLUMNS || entryText === undefined)
    throw new RowProblem('row_malformed', `it has ${fields.length} fields, not ${CSV_COLUMNS}`);
  if (entryText === '') {
    const leaf = (fields[CSV_COLUMNS - 2] ?? '').replace(/^'/, '');
    const row = erasedRow(/^\d{1,16}$/.test(fields[0] ?? '') ? Number(fields[0]) : undefined, leaf);
    if (text !== erasedCsvRow(row.seq, leaf)) throw differs();
    return row;
  }
  const entry = parse(entryText);
  if (csvRow(entry, entryText) !== text) throw differs();
  return rowOf(entry, entryText);
}

function ocsfRecord(text: string, workspace: string): Row {
  const value = parse(text);
  if (value.class_uid === 0) {
    const { seq, leafHash: leaf } = isObject(value.unmapped) ? value.unmapped : {};
    const row = erasedRow(seq, leaf);
    const made = erasedOcsfRow(workspace, { seq: row.seq, leafHash: String(leaf) });
    if (canonicalJson(made) !== canonicalJson(value)) throw differs();
    return row;
  }
  if (typeof value.raw_data !== 'string')
    throw new RowProblem('row_malformed', 'it has no raw_data');
  const entry = parse(value.raw_data);
  let made: Json;
  try {
    made = ocsfRow(entry, value.raw_data);
  } catch {
    throw new RowProblem('row_malformed', 'its raw_data is no entry');
  }
  if (canonicalJson(made) !== canonicalJson(value)) throw differs();
  return rowOf(entry, value.raw_data);
}

/**
 * @param text one row with its line's end
 * @returns undefined for what is around rows: a header, a bracket
 * @throws RowProblem
 */
export function readRow(
  text: string,
  context: { readonly format: ExportFormat; readonly index: number; readonly workspace: string },
): Row | undefined {
  const { format, index, workspace } = context;
  if (format === 'csv') {
    if (index > 0) {
      if (!text.endsWith('\r\n')) throw new RowProblem('row_malformed', 'its line does not end');
      return csvRecord(text);
    }
    if (text !== CSV_HEADER) throw new RowProblem('row_malformed', 'the header has other columns');
    return undefined;
  }
  if (!text.endsWith('\n')) throw new RowProblem('row_malformed', 'its line does not end');
  const line = text.slice(0, -1);
  if (format === 'jsonl') return jsonRow(line);
  if (format === 'ocsf') return ocsfRecord(line, workspace);
  if (index === 0 && line === '[') return undefined;
  if (index > 0 && line === ']') return undefined;
  return jsonRow(line.endsWith(',') ? line.slice(0, -1) : line);
}
