import type { LogRecordResource } from '../../../../contracts/resources.ts';
import { stripAnsi } from '../../../ui/parse-ansi.ts';

/** A line as the process wrote it: guestd sends long ones in parts of at most 16 KiB. */
export interface LogLine {
  /** Counts up, from 0. */
  readonly id: number;
  readonly machine: string;
  readonly replica: number;
  readonly revision: number;
  readonly stream: LogRecordResource['stream'];
  readonly time: string;
  readonly pieces: readonly string[];
  readonly characters: number;
  /** More of it may come. */
  readonly open: boolean;
  /** Characters of it that were not kept. */
  readonly lost: number;
}

export interface LogLimits {
  readonly lines: number;
  readonly characters: number;
  readonly charactersOfALine: number;
}
export const LOG_LIMITS: LogLimits = {
  lines: 50_000,
  characters: 48 * 1024 * 1024,
  charactersOfALine: 16 * 1024 * 1024,
};
/** Dropping a share at a time keeps what one line costs constant. */
const SHARE_DROPPED = 0.1;

/** The newest lines of an agent’s log: bounded in lines and in characters. */
export class LogBuffer {
  readonly #limits: LogLimits;
  #lines: LogLine[] = [];
  #characters = 0;
  #nextId = 0;
  #dropped = 0;
  readonly #lastSeq = new Map<string, number>();
  /** By machine and stream: id of the line that goes on. */
  readonly #open = new Map<string, number>();

  constructor(limits: LogLimits = LOG_LIMITS) {
    this.#limits = limits;
  }

  /** Oldest first. The array is the same one until something is dropped. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }
  /** Lines that are no longer here. */
  get dropped(): number {
    return this.#dropped;
  }
  /** Id of the oldest line that may still grow, or of the next one. */
  get settledBefore(): number {
    let oldest = this.#nextId;
    for (const id of this.#open.values()) oldest = Math.min(oldest, id);
    return oldest;
  }
  /** Records that are known already, as after a connection was lost, are passed over. */
  append(records: readonly LogRecordResource[]): void {
    for (const record of records) {
      if (record.seq <= (this.#lastSeq.get(record.machine) ?? -1)) continue;
      this.#lastSeq.set(record.machine, record.seq);
      this.#take(record);
    }
    this.#trim();
  }

  #take(record: LogRecordResource): void {
    const key = `${record.machine} ${record.stream}`;
    const before = this.#find(this.#open.get(key));
    const room = this.#limits.charactersOfALine - (before?.characters ?? 0);
    const piece = record.text.slice(0, Math.max(0, room));
    this.#characters += piece.length;
    const line: LogLine = {
      ...(before ?? {
        id: this.#nextId++,
        ...{ machine: record.machine, replica: record.replica, revision: record.revision },
        ...{ stream: record.stream, time: record.time },
      }),
      pieces: piece === '' ? (before?.pieces ?? []) : [...(before?.pieces ?? []), piece],
      characters: (before?.characters ?? 0) + piece.length,
      lost: (before?.lost ?? 0) + record.text.length - piece.length,
      open: record.partial,
    };
    if (before === undefined) this.#lines.push(line);
    else this.#lines[line.id - this.#firstId()] = line;
    if (record.partial) this.#open.set(key, line.id);
    else this.#open.delete(key);
  }

  #firstId(): number {
    return this.#lines[0]?.id ?? this.#nextId;
  }

  #find(id: number | undefined): LogLine | undefined {
    return id === undefined ? undefined : this.#lines[id - this.#firstId()];
  }

  #trim(): void {
    const { lines, characters } = this.#limits;
    if (this.#lines.length <= lines && this.#characters <= characters) return;
    let drop = Math.max(0, this.#lines.length - Math.floor(lines * (1 - SHARE_DROPPED)));
    let left = this.#characters;
    const most = characters * (1 - SHARE_DROPPED);
    for (const [index, line] of this.#lines.entries()) {
      if (index >= drop && (this.#characters <= characters || left <= most)) break;
      left -= line.characters;
      drop = Math.max(drop, index + 1);
    }
    this.#lines = this.#lines.slice(drop);
    this.#characters = left;
    this.#dropped += drop;
    const first = this.#firstId();
    for (const [key, id] of this.#open) if (id < first) this.#open.delete(key);
  }
}

/** All of a line, as it was written. */
export function wholeText(line: LogLine): string {
  return line.pieces.length === 1 ? (line.pieces[0] ?? '') : line.pieces.join('');
}

/** What a reader sees of it, for searching. */
export function plainText(line: LogLine): string {
  return stripAnsi(wholeText(line));
}
