/**
 * Follows one machine's events and log lines, reconnecting from where it was. A guest that lies,
 * floods or falls silent costs bounded memory and time: lines are read no faster than
 * BYTES_PER_SECOND, and what the protocol does not allow ends the connection.
 */
import type { Readable } from 'node:stream';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { sleep } from '../base/wait.ts';
import {
  type GuestEvent,
  type GuestLogLine,
  guestEvent,
  guestLogLine,
} from '../contracts/guest.ts';
import { boundedLines } from './bounded-lines.ts';
import type { GuestClient } from './guest-client.ts';
import type { LogStore, NewLine } from './log-store.ts';

export interface FollowOptions {
  readonly machineId: string;
  readonly client: GuestClient;
  readonly logs: LogStore;
  readonly log: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told in order; the lines that came before the process ended are kept by then. */
  readonly onEvent: (event: GuestEvent) => void;
}

/** 16 KiB of text, each byte of which JSON may spell with six, and the rest of the record. */
const LINE_BYTES = 128 * 1024;
/** guestd pings every 5 s. */
const IDLE_MS = 16_000;
const BYTES_PER_SECOND = 2 * 1024 * 1024;
const EVENT_BYTES_PER_SECOND = 64 * 1024;
const RETRY_MS = { first: 100, most: 5_000 };
const DRAIN_TIMEOUT_MS = 3_000;

/** Runs until `signal` fires; never throws. */
export async function followGuest(options: FollowOptions): Promise<void> {
  const position: Position = { eventSeq: 0, toldInvalidAfter: -1 };
  await Promise.all([
    reconnecting(options, 'events', () => followEvents(options, position)),
    reconnecting(options, 'logs', () => followLogs(options, position)),
  ]);
}

/** Keeps the lines that guestd has and we have not; returns when there are no more. */
export async function drainLogs(
  options: Pick<FollowOptions, 'machineId' | 'client' | 'logs'> & { signal?: AbortSignal },
): Promise<void> {
  const timeout = AbortSignal.timeout(DRAIN_TIMEOUT_MS);
  const after = await options.logs.lastGuestSeq(options.machineId);
  const stream = await options.client.stream(`/v1/logs?after=${after}&follow=false`, {
    idleMs: DRAIN_TIMEOUT_MS,
    signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
  });
  await keepLines(options, stream);
}

async function reconnecting(
  options: FollowOptions,
  what: string,
  connectAndRead: () => Promise<void>,
): Promise<void> {
  let waitMs = RETRY_MS.first;
  while (!options.signal.aborted) {
    const since = performance.now();
    try {
      await connectAndRead();
    } catch (error) {
      if (options.signal.aborted) return;
      const { machineId } = options;
      options.log.debug({ machineId, what, reason: describeError(error) }, 'guest stream ended');
    }
    // A connection that held is no reason to wait long before the next.
    waitMs = performance.now() - since > RETRY_MS.most ? RETRY_MS.first : waitMs * 2;
    await sleep(Math.min(waitMs, RETRY_MS.most), undefined, {
      signal: options.signal,
      ref: false,
    }).catch(() => undefined);
  }
}

/** Where this process is in what the guest tells. */
interface Position {
  eventSeq: number;
  /** guestd's count of the line before the last one that was not valid. */
  toldInvalidAfter: number;
}

async function followEvents(options: FollowOptions, position: { eventSeq: number }): Promise<void> {
  const { client, signal } = options;
  const path = `/v1/events?after=${position.eventSeq}`;
  const stream = await client.stream(path, { idleMs: IDLE_MS, signal });
  const pace = createPace(EVENT_BYTES_PER_SECOND);
  for await (const lines of boundedLines(stream, { maxLineBytes: LINE_BYTES })) {
    await pace(lines.reduce((bytes, line) => bytes + line.length, 0));
    for (const line of lines) {
      const event = guestEvent.parse(JSON.parse(line));
      if (event.type === 'ping' || event.seq <= position.eventSeq) continue;
      position.eventSeq = event.seq;
      if (event.type === 'process_exited') await drainLogs(options).catch(() => undefined);
      if (!signal.aborted) options.onEvent(event);
    }
  }
}

async function followLogs(options: FollowOptions, position: Position): Promise<void> {
  const { client, logs, machineId, signal } = options;
  const after = await logs.lastGuestSeq(machineId);
  const path = `/v1/logs?after=${after}&follow=true`;
  const stream = await client.stream(path, { idleMs: IDLE_MS, signal });
  try {
    await keepLines(options, stream);
  } catch (error) {
    const at = await logs.lastGuestSeq(machineId);
    // Once for each place: telling it at each connection would push the real lines out.
    if (error instanceof InvalidLine && position.toldInvalidAfter !== at) {
      position.toldInvalidAfter = at;
      await logs.append(machineId, [systemLine('The machine sent a log line that is not valid.')]);
    }
    throw error;
  }
}

class InvalidLine extends Error {}

/** Keeps the valid lines before one that is not, so that the next connection goes on after them. */
async function keepLines(
  options: Pick<FollowOptions, 'machineId' | 'logs'>,
  stream: Readable,
): Promise<void> {
  const pace = createPace(BYTES_PER_SECOND);
  for await (const lines of boundedLines(stream, { maxLineBytes: LINE_BYTES })) {
    const kept: NewLine[] = [];
    let bytes = 0;
    let invalid: unknown;
    for (const line of lines) {
      bytes += line.length;
      try {
        const parsed = guestLogLine.parse(JSON.parse(line));
        if (parsed.type === 'line') kept.push(asNewLine(parsed));
        if (parsed.type === 'lost')
          kept.push({ ...systemLine(`${parsed.count} lines were lost.`), guestSeq: parsed.seq });
      } catch (cause) {
        invalid = cause;
        break;
      }
    }
    if (kept.length > 0) await options.logs.append(options.machineId, kept);
    if (invalid !== undefined) throw new InvalidLine('an invalid line', { cause: invalid });
    await pace(bytes);
  }
}

function asNewLine(line: Extract<GuestLogLine, { type: 'line' }>): NewLine {
  const { seq, time, stream, text, partial } = line;
  return { guestSeq: seq, time, stream, text, partial };
}

export function systemLine(text: string): NewLine {
  return { time: new Date().toISOString(), stream: 'system', text, partial: false };
}

/** Waits after each piece so that no more than this many bytes pass in a second. */
function createPace(bytesPerSecond: number): (bytes: number) => Promise<void> {
  let windowStart = performance.now();
  let inWindow = 0;
  return async (bytes) => {
    inWindow += bytes;
    const elapsedMs = performance.now() - windowStart;
    if (inWindow >= bytesPerSecond && elapsedMs < 1000)
      await sleep(1000 - elapsedMs, undefined, { ref: false });
    if (performance.now() - windowStart < 1000) return;
    windowStart = performance.now();
    inWindow = 0;
  };
}
