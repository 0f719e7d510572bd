/**
 * The output of agents' processes, line by line, in segment files:
 * LOGS/MACHINE/000000000001.ndjson, the oldest removed when there are too many.
 *
 * Nothing is kept open and nothing of the content is kept in memory, so that a machine costs little.
 */
import { EventEmitter, once } from 'node:events';
import { appendFile, mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';
import {
  cutTornLine,
  findLineStart,
  type LogPosition,
  listSegments,
  readLinesFrom,
  type Segment,
  segmentName,
  segmentNumber,
  tailPosition,
} from './log-segments.ts';
import type { LogQuery, LogRecord } from './machines.ts';

/** A line as kept. `g` is guestd's own count, by which reading goes on after a restart. */
interface StoredLine {
  readonly seq: number;
  readonly g: number;
  readonly time: string;
  readonly stream: LogRecord['stream'];
  readonly text: string;
  readonly partial?: true;
}

export interface NewLine {
  /** guestd's count; absent for what Swarm says. */
  readonly guestSeq?: number;
  readonly time: string;
  readonly stream: LogRecord['stream'];
  readonly text: string;
  readonly partial: boolean;
}

export interface LogStore {
  /** guestd's count of the newest line kept since the last `markBoot`; 0 when there is none. */
  lastGuestSeq(machineId: string): Promise<number>;
  /** guestd counts from 1 again from here on. */
  markBoot(machineId: string): Promise<void>;
  /** Keeps them in order; those that guestd counted and that are kept already are left out. */
  append(machineId: string, lines: readonly NewLine[]): Promise<void>;
  query(machineId: string, query: LogQuery): AsyncIterable<LogRecord>;
  /** Removes the log and ends its followers. */
  remove(machineId: string): Promise<void>;
  /** No more lines will come: ends its followers, keeps the log. */
  finish(machineId: string): void;
  /** Removes logs whose newest line is older, but those of machines in `keep`. Returns their ids. */
  prune(options: { olderThanMs: number; keep: ReadonlySet<string> }): Promise<readonly string[]>;
  /** Ends all followers. */
  close(): void;
}

export interface LogStoreOptions {
  readonly logsDir: string;
  /** Default 1 MiB. */
  readonly segmentBytes?: number;
  /** Of each machine; default 10. */
  readonly segments?: number;
}

/** Holds the count of the last line before the last boot. */
const BOOT_FILE = 'boot';

interface Log {
  /** Number of the segment being written. */
  segment: number;
  bytes: number;
  seq: number;
  guestSeq: number;
  /** The last write; the next one waits for it. */
  turn: Promise<unknown>;
}

export function createLogStore(options: LogStoreOptions): LogStore {
  const segmentBytes = options.segmentBytes ?? 1024 * 1024;
  const maxSegments = options.segments ?? 10;
  const logs = new Map<string, Promise<Log>>();
  const folderOf = (machineId: string) => join(options.logsDir, machineId);
  /** 'more:ID' after each write, 'end:ID' when there will be none. */
  const news = new EventEmitter().setMaxListeners(0);

  const load = (machineId: string): Promise<Log> => {
    const known = logs.get(machineId);
    if (known !== undefined) return known;
    const loading = loadLog(folderOf(machineId));
    logs.set(machineId, loading);
    loading.catch(() => logs.delete(machineId));
    return loading;
  };
  const inTurn = async <T>(machineId: string, act: (log: Log) => Promise<T>): Promise<T> => {
    const log = await load(machineId);
    const turn = log.turn.then(() => act(log));
    log.turn = turn.catch(() => undefined);
    return turn;
  };
  const write = async (machineId: string, log: Log, lines: readonly StoredLine[]) => {
    if (lines.length === 0) return;
    const folder = folderOf(machineId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (log.bytes >= segmentBytes) {
      log.segment++;
      log.bytes = 0;
      const segments = await listSegments(folder);
      for (const old of segments.slice(0, Math.max(0, segments.length - (maxSegments - 1))))
        await rm(old.path, { force: true });
    }
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const path = join(folder, segmentName(log.segment));
    await appendFile(path, text, { mode: 0o600 }).catch(async (error: unknown) => {
      // A full disk takes a part: the next line must not continue it.
      await truncate(path, log.bytes).catch(() => undefined);
      throw error;
    });
    log.bytes += Buffer.byteLength(text);
    news.emit(`more:${machineId}`);
  };

  return {
    lastGuestSeq: async (machineId) => (await load(machineId)).guestSeq,
    markBoot: (machineId) =>
      inTurn(machineId, async (log) => {
        log.guestSeq = 0;
        await mkdir(folderOf(machineId), { recursive: true, mode: 0o700 });
        await writeFileAtomic(join(folderOf(machineId), BOOT_FILE), String(log.seq));
      }),
    append: (machineId, lines) =>
      inTurn(machineId, async (log) => {
        const { seq, guestSeq: before } = log;
        const stored: StoredLine[] = [];
        for (const { guestSeq, partial, ...line } of lines) {
          if (guestSeq !== undefined && guestSeq <= log.guestSeq) continue;
          log.guestSeq = guestSeq ?? log.guestSeq;
          log.seq++;
          const record = { seq: log.seq, g: log.guestSeq, ...line };
          stored.push(partial ? { ...record, partial } : record);
        }
        try {
          await write(machineId, log, stored);
        } catch (error) {
          // Not kept, so not counted: once the disk has room, guestd is asked for them again.
          log.seq = seq;
          log.guestSeq = before;
          throw error;
        }
      }),
    query: (machineId, query) => readLog({ machineId, folder: folderOf(machineId), news }, query),
    async remove(machineId) {
      await inTurn(machineId, async () => {
        logs.delete(machineId);
        await rm(folderOf(machineId), { recursive: true, force: true });
      });
      news.emit(`end:${machineId}`);
    },
    finish(machineId) {
      logs.delete(machineId);
      news.emit(`end:${machineId}`);
    },
    async prune({ olderThanMs, keep }) {
      const removed: string[] = [];
      for (const machineId of await readdir(options.logsDir).catch(() => [])) {
        if (keep.has(machineId)) continue;
        const newest = (await listSegments(folderOf(machineId))).at(-1)?.modifiedMs ?? 0;
        if (newest >= Date.now() - olderThanMs) continue;
        await this.remove(machineId);
        removed.push(machineId);
      }
      return removed;
    },
    close() {
      for (const name of news.eventNames()) if (String(name).startsWith('end:')) news.emit(name);
    },
  };
}

/** Goes on where the files end. */
async function loadLog(folder: string): Promise<Log> {
  const log: Log = { segment: 1, bytes: 0, seq: 0, guestSeq: 0, turn: Promise.resolve() };
  const segments = await listSegments(folder);
  const newest = segments.at(-1);
  if (newest === undefined) return log;
  log.segment = segmentNumber(newest.name);
  log.bytes = await cutTornLine(newest);
  for (const segment of [...segments].reverse()) {
    const bytes = segment === newest ? log.bytes : segment.bytes;
    const { offset } = await findLineStart(segment, { before: bytes, lines: 1 });
    for await (const { lines } of readLinesFrom(segment, offset)) {
      const last = parseLine(lines.at(-1));
      if (last === undefined) continue;
      const boot = Number((await readTextIfThere(join(folder, BOOT_FILE))) ?? 0);
      return { ...log, seq: last.seq, guestSeq: last.seq > boot ? last.g : 0 };
    }
  }
  return log;
}

function parseLine(text: string | undefined): StoredLine | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as StoredLine);
  } catch {
    return undefined; // Not written by us; the rest is still worth showing.
  }
}

async function* readLog(
  log: { machineId: string; folder: string; news: EventEmitter },
  query: LogQuery,
): AsyncGenerator<LogRecord, void> {
  const { machineId, folder, news } = log;
  const ended = new AbortController();
  const end = () => ended.abort();
  if (query.follow === true) {
    news.once(`end:${machineId}`, end);
    query.signal?.addEventListener('abort', end);
    if (query.signal?.aborted === true) end();
  }
  try {
    let position = await firstPosition(folder, query);
    for (;;) {
      // What was written just before the end is still told.
      const isLast = query.follow !== true || ended.signal.aborted;
      let wroteMore = false;
      const more = () => {
        wroteMore = true;
      };
      news.once(`more:${machineId}`, more);
      for await (const { line, next } of linesFrom(folder, position)) {
        position = next;
        if (query.signal?.aborted === true) return;
        if (line.seq <= (query.afterSeq ?? 0)) continue;
        if (query.sinceMs !== undefined && !(Date.parse(line.time) >= query.sinceMs)) continue;
        yield {
          machineId,
          seq: line.seq,
          time: line.time,
          stream: line.stream,
          text: line.text,
          partial: line.partial === true,
        };
      }
      news.removeListener(`more:${machineId}`, more);
      if (isLast) return;
      if (!wroteMore)
        await once(news, `more:${machineId}`, { signal: ended.signal }).catch(() => undefined);
    }
  } finally {
    news.removeListener(`end:${machineId}`, end);
    query.signal?.removeEventListener('abort', end);
  }
}

async function firstPosition(folder: string, query: LogQuery): Promise<LogPosition | undefined> {
  const segments = await listSegments(folder);
  const since = query.sinceMs;
  // A segment last written before the time asked for has no later line.
  const recent = since === undefined ? segments : segments.filter((s) => s.modifiedMs >= since);
  const behind = await segmentBehind(recent, query.afterSeq ?? 0);
  if (query.tail !== undefined) {
    const tail = await tailPosition(recent, query.tail);
    return tail !== undefined && behind !== undefined && tail.name < behind.name
      ? { name: behind.name, offset: 0 }
      : tail;
  }
  if (behind !== undefined) return { name: behind.name, offset: 0 };
  const newest = segments.at(-1);
  return newest && { name: newest.name, offset: newest.bytes };
}

/** The oldest segment that has a line counted after `afterSeq`: the newest, if none may have. */
async function segmentBehind(
  segments: readonly Segment[],
  afterSeq: number,
): Promise<Segment | undefined> {
  for (const segment of afterSeq > 0 ? [...segments].reverse() : [])
    for await (const { lines } of readLinesFrom(segment, 0)) {
      if ((parseLine(lines[0])?.seq ?? Number.POSITIVE_INFINITY) <= afterSeq + 1) return segment;
      break;
    }
  return segments[0];
}

async function* linesFrom(
  folder: string,
  position: LogPosition | undefined,
): AsyncGenerator<{ line: StoredLine; next: LogPosition }, void> {
  for (const segment of await listSegments(folder)) {
    if (position !== undefined && segment.name < position.name) continue;
    let offset = segment.name === position?.name ? position.offset : 0;
    for await (const { lines, next } of readLinesFrom(segment, offset)) {
      for (const text of lines) {
        offset += Buffer.byteLength(text) + 1;
        const line = parseLine(text);
        if (line !== undefined) yield { line, next: { name: segment.name, offset } };
      }
      offset = next;
    }
  }
}
