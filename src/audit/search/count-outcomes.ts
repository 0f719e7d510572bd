/** On the query thread: sums of a piece of the log by its rows alone, for what is long past. */
import type { OutcomeSums } from '../../contracts/outcome.ts';
import { EntryReader } from '../log/segment-reader.ts';
import type { IndexReader } from './index-reader.ts';
import { STATUS_NUMBERS } from './mark-tokens.ts';
import {
  addOutcome,
  CALL_KIND,
  COUNTED_IN,
  COUNTED_OUT,
  countOf,
  type MutableSums,
  noOutcomes,
  REFUSED_IN,
  REFUSED_OUT,
} from './outcome-groups.ts';
import { entriesOfRow, readEvent } from './read-event.ts';

const GROUPED = [...new Set([CALL_KIND, ...REFUSED_IN, ...REFUSED_OUT])];
const NAME_OF_STATUS = new Map<number, string>(
  Object.entries(STATUS_NUMBERS).map(([name, number]) => [number, name]),
);

export interface CountRequest {
  /** Of entries and intents, `to` not included: not more than take a moment. */
  readonly from: number;
  readonly to: number;
  /** Only what ended there counts, `endedTo` not included. */
  readonly endedFrom: number;
  readonly endedTo: number;
}

/** @throws audit_index_unavailable */
export async function countOutcomes(
  reader: IndexReader,
  request: CountRequest,
): Promise<OutcomeSums[]> {
  await reader.ready();
  const byAgent = new Map<string | undefined, MutableSums>();
  const add = (
    agent: string | undefined,
    what: { kind: string; status: string; count: number },
  ) => {
    const sums = byAgent.get(agent) ?? noOutcomes();
    byAgent.set(agent, sums);
    addOutcome(sums, what);
  };
  for (const row of groupedRows(reader, request))
    add(nameOf(reader, row.agent), {
      kind: String(nameOf(reader, row.kind)),
      status: NAME_OF_STATUS.get(Number(row.status)) ?? 'unknown',
      count: Number(row.count),
    });
  using segments = new EntryReader(reader.dir);
  for (const row of countedRows(reader, request)) {
    const event = readEvent(reader, segments, entriesOfRow(row))?.event;
    if (event !== undefined) add(event.agent, { ...event, count: countOf(event) });
  }
  return [...byAgent].map(([agent, sums]) => ({ ...(agent !== undefined && { agent }), ...sums }));
}

const ENDED = 'seq >= ? AND seq < ? AND status <> 0 AND coalesce(c_seq, seq) BETWEEN ? AND ?';

function bounds({ from, to, endedFrom, endedTo }: CountRequest): number[] {
  return [from, to, endedFrom, endedTo - 1];
}

function groupedRows(reader: IndexReader, request: CountRequest) {
  const kinds = kindNumbers(reader, GROUPED);
  return reader.all(
    `SELECT kind, agent, status, count(*) AS count FROM events
     WHERE ${ENDED} AND kind IN (${kinds.map(() => '?').join(', ')}) GROUP BY kind, agent, status`,
    ...[...bounds(request), ...kinds],
  );
}

function countedRows(reader: IndexReader, request: CountRequest) {
  const kinds = kindNumbers(reader, [COUNTED_IN, COUNTED_OUT]);
  if (kinds.length === 0) return [];
  return reader.all(
    `SELECT * FROM events WHERE ${ENDED} AND kind IN (${kinds.map(() => '?').join(', ')})`,
    ...[...bounds(request), ...kinds],
  );
}

function kindNumbers(reader: IndexReader, kinds: readonly string[]): number[] {
  return kinds.flatMap((kind) => reader.nameNumber('kind', kind) ?? []);
}

function nameOf(reader: IndexReader, id: unknown): string | undefined {
  if (id === null) return undefined;
  const row = reader.get('SELECT value FROM names WHERE id = ?', Number(id));
  return row === undefined ? undefined : String(row.value);
}
