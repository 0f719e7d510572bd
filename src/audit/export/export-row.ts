/** One entry as a row of an export, in each format: docs/audit-format.md says what a row is. */
import type { ExportFormat } from '../../contracts/audit-status.ts';
import type { AuditEntry } from '../../contracts/event.ts';
import { CSV_HEADER, csvRow, erasedCsvRow } from './csv-row.ts';
import { erasedOcsfEvent, ocsfEvent } from './ocsf-event.ts';

const SALT_BYTES = 32;

/** An entry as it was read, checked against the tree. */
export interface ExportedEntry {
  readonly seq: number;
  /** Base64. */
  readonly leafHash: string;
  /** Canonical JSON; undefined: erased. */
  readonly leaf: Buffer | undefined;
  /** salt ‖ JSON; undefined: it has none; null: erased. */
  readonly payload: Buffer | null | undefined;
}

export interface RowFormat {
  /** Of the joined file. */
  readonly file: string;
  readonly head: string;
  /** Between two rows. */
  readonly separator: string;
  readonly tail: string;
  /** Without the separator. */
  row(entry: ExportedEntry, workspaceId: string): string;
}

export const rowFormats: Readonly<Record<ExportFormat, RowFormat>> = {
  json: { file: 'events.json', head: '[\n', separator: ',\n', tail: ']\n', row: jsonRow },
  jsonl: { file: 'events.jsonl', head: '', separator: '\n', tail: '', row: jsonRow },
  csv: { file: 'events.csv', head: CSV_HEADER, separator: '\r\n', tail: '', row: csvLine },
  ocsf: { file: 'events.ocsf.jsonl', head: '', separator: '\n', tail: '', row: ocsfLine },
};

/** Leaf and payload stand there byte by byte: they are what is hashed. */
function jsonRow({ seq, leafHash, leaf, payload }: ExportedEntry): string {
  if (leaf === undefined) return JSON.stringify({ seq, leafHash, erased: true });
  const entry = `{"entry":${leaf.toString('utf8')}`;
  if (payload === undefined) return `${entry}}`;
  if (payload === null) return `${entry},"payload":null}`;
  const salt = payload.toString('base64', 0, SALT_BYTES);
  return `${entry},"payload":${payload.toString('utf8', SALT_BYTES)},"payloadSalt":"${salt}"}`;
}

function csvLine({ seq, leafHash, leaf }: ExportedEntry): string {
  if (leaf === undefined) return erasedCsvRow(seq, leafHash);
  const text = leaf.toString('utf8');
  return csvRow(JSON.parse(text) as AuditEntry, text);
}

function ocsfLine({ seq, leafHash, leaf }: ExportedEntry, workspaceId: string): string {
  if (leaf === undefined) return JSON.stringify(erasedOcsfEvent({ seq, leafHash, workspaceId }));
  const text = leaf.toString('utf8');
  return JSON.stringify(ocsfEvent(JSON.parse(text) as AuditEntry, text));
}
