/**
 * W3C Trace Context (level 1 and 2): a run is a trace, a call is a span of it. The caller's
 * context is taken over when it is well-formed, to the letter; else a new run begins.
 */
import { randomFillSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface TraceContext {
  /** Trace id: 32 hexadecimal digits. */
  readonly run: string;
  /** Of the call itself: 16 hexadecimal digits. */
  readonly span: string;
  /** The caller's span. */
  readonly parent: string | undefined;
  /** For the agent: this call's span. */
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}

/** version, trace id, parent id, flags; what follows only versions that are not known yet may have. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const SAMPLED = 1;
/** Level 2: the trace id is random. */
const RANDOM = 2;
const MAX_TRACEPARENT = 256;

const MAX_TRACESTATE = 512;
const MAX_MEMBERS = 32;
const MEMBER =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

export function traceContextOf(headers: IncomingHttpHeaders): TraceContext {
  const span = randomHex(8);
  const given = parseTraceparent(headers.traceparent);
  if (given === undefined) {
    const run = randomHex(16);
    const traceparent = `00-${run}-${span}-01`;
    return { run, span, parent: undefined, traceparent, tracestate: undefined };
  }
  return {
    ...{ run: given.run, span, parent: given.parent },
    traceparent: `00-${given.run}-${span}-0${given.flags}`,
    tracestate: parseTracestate(headers.tracestate),
  };
}

function parseTraceparent(
  header: string | string[] | undefined,
): { run: string; parent: string; flags: number } | undefined {
  // A header that is there twice comes joined by a comma, and is malformed so.
  if (typeof header !== 'string' || header.length > MAX_TRACEPARENT) return undefined;
  const match = TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version = '', run = '', parent = '', flags = '', more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (run === NO_TRACE || parent === NO_SPAN) return undefined;
  return { run, parent, flags: Number.parseInt(flags, 16) & (SAMPLED | RANDOM) };
}

/** Malformed lists are dropped whole, as the standard says. */
function parseTracestate(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(',') : header;
  if (text === undefined || text.length > MAX_TRACESTATE) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MAX_MEMBERS) return undefined;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  if (keys.size < members.length || !members.every((member) => MEMBER.test(member)))
    return undefined;
  return members.join(',');
}

/** Asking the system for each id on its own would cost more than all else here. */
const pool = Buffer.allocUnsafe(4_096);
let used = pool.length;

function randomHex(bytes: number): string {
  for (;;) {
    if (used + bytes > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const text = pool.toString('hex', used, used + bytes);
    used += bytes;
    // All zeros mean that there is no id.
    if (text !== NO_SPAN && text !== NO_TRACE) return text;
  }
}
