/**
 * What is kept of the bodies of a call, by its agent's policy. Runs on the writer's thread.
 *
 * `redacted` keeps only what could be searched: text. Of anything else (pictures, unknown
 * encodings, other character sets) the length stays, and the hash where the whole was captured.
 */
import { hash } from 'node:crypto';
import type {
  BodyRecord,
  PayloadRecord,
  StoredBody,
  StoredPayload,
} from '../../contracts/event.ts';
import type { CapturedBody, CapturedPayload, PayloadPolicy } from '../../contracts/trail.ts';
import { type DecodedBody, decodeBody } from './decode-body.ts';
import { PathMatcher } from './path-matcher.ts';
import { readText } from './read-text.ts';
import { redactBody } from './redact-body.ts';
import type { RedactionRules } from './redact-json.ts';

export interface AppliedPolicy {
  readonly record: Omit<PayloadRecord, 'commit'>;
  /** undefined: nothing is stored beside the entry. */
  readonly stored?: StoredPayload;
}

interface AppliedBody {
  readonly record: BodyRecord;
  readonly stored?: StoredBody;
}

/** Never throws for what a body holds; the policy has been validated. */
export function applyPolicy({ policy, request, response }: CapturedPayload): AppliedPolicy {
  if (policy.policy === 'none') return { record: { policy: 'none' } };
  const sent = request && request.totalBytes > 0 ? applyToBody(request, policy) : undefined;
  const answered = response && response.totalBytes > 0 ? applyToBody(response, policy) : undefined;
  const record = {
    policy: policy.policy,
    ...(sent && { request: sent.record }),
    ...(answered && { response: answered.record }),
  };
  if (sent?.stored === undefined && answered?.stored === undefined) return { record };
  return {
    record,
    stored: {
      ...(sent?.stored && { request: sent.stored }),
      ...(answered?.stored && { response: answered.stored }),
    },
  };
}

function applyToBody(body: CapturedBody, policy: PayloadPolicy): AppliedBody {
  const mediaType = mediaTypeOf(body.contentType);
  const facts = {
    bytes: body.totalBytes,
    ...(mediaType !== undefined && { contentType: mediaType }),
  };
  if (policy.policy === 'hash') return { record: { ...facts, ...hashOf(body) } };
  const kept = keep(body, policy, mediaType);
  if (kept === undefined)
    return { record: { ...facts, truncated: true, ...(policy.maxBytes > 0 && hashOf(body)) } };
  const truncated = kept.truncated && { truncated: true as const };
  return {
    record: { ...facts, ...truncated, ...(kept.redactions > 0 && { redactions: kept.redactions }) },
    stored: {
      ...(mediaType !== undefined && { contentType: mediaType }),
      encoding: kept.encoding,
      body: kept.body,
      ...truncated,
    },
  };
}

interface KeptBody {
  readonly encoding: StoredBody['encoding'];
  readonly body: string;
  readonly truncated: boolean;
  readonly redactions: number;
}

/** @returns undefined when nothing of it may be stored */
function keep(
  body: CapturedBody,
  policy: PayloadPolicy,
  mediaType: string | undefined,
): KeptBody | undefined {
  const { maxBytes } = policy;
  if (maxBytes === 0) return undefined;
  const head = body.head.subarray(0, maxBytes);
  const decoded: DecodedBody | undefined =
    body.contentEncoding === undefined
      ? { bytes: head, cut: false }
      : decodeBody(body.head, { contentEncoding: body.contentEncoding, maxBytes });
  const isWhole = body.totalBytes <= body.head.length;
  const truncated = !isWhole || decoded?.cut === true || head.length < body.head.length;
  const text =
    decoded && readText(decoded.bytes, { cut: truncated, contentType: body.contentType });
  if (policy.policy === 'full') {
    if (text !== undefined) return { encoding: 'utf8', body: text, truncated, redactions: 0 };
    const raw = Buffer.from(head.buffer, head.byteOffset, head.length).toString('base64');
    return { encoding: 'base64', body: raw, truncated: isCut(body, head), redactions: 0 };
  }
  // Text with zeros in it is mostly UTF-16: its letters stand apart, and no pattern would fit.
  if (text === undefined || text.includes('\0')) return undefined;
  const searched = truncated ? withoutCutEdge(text) : text;
  const redacted = redactBody(searched, { mediaType, rules: rulesOf(policy) });
  const fitting = cutText(redacted.text, maxBytes);
  return {
    encoding: 'utf8',
    body: fitting,
    truncated: truncated || fitting.length < redacted.text.length,
    redactions: redacted.count,
  };
}

function isCut(body: CapturedBody, head: Uint8Array): boolean {
  return head.length < body.totalBytes;
}

/** What is cut off in its midst, such as half an address, no pattern would know any more. */
function withoutCutEdge(text: string): string {
  const edge = text.slice(-200);
  const word = /[^\s"'`,;<>()[\]{}]{1,128}$/.exec(edge)?.[0] ?? '';
  const rest = word.length === edge.length ? edge : edge.slice(0, edge.length - word.length);
  const numbers = /[+\d][\d ().-]{0,40}$/.exec(rest)?.[0] ?? '';
  return text.slice(0, text.length - (edge.length - rest.length) - numbers.length);
}

/** Marks may be longer than what they stand for. */
function cutText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  return readText(Buffer.from(text).subarray(0, maxBytes), { cut: true }) ?? '';
}

/** Of the whole body: the emitter's, or made here when nothing of it is missing. */
function hashOf({ sha256, head, totalBytes }: CapturedBody): { sha256?: string } {
  if (sha256 !== undefined) return { sha256 };
  return head.length === totalBytes ? { sha256: hash('sha256', head, 'hex') } : {};
}

/** Without its parameters: they are the sender's free text. */
function mediaTypeOf(contentType: string | undefined): string | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type !== undefined && /^[a-z0-9!#$&^_.+-]{1,80}\/[a-z0-9!#$&^_.+-]{1,80}$/.test(type)
    ? type
    : undefined;
}

const MAX_CACHED_RULES = 200;
const rulesCache = new Map<string, RedactionRules>();

/** Policies come from another thread, each time as a copy. */
function rulesOf({ redactPaths, redactPatterns }: PayloadPolicy): RedactionRules {
  const key = `${redactPatterns.join()}\n${redactPaths.join('\n')}`;
  let rules = rulesCache.get(key);
  if (rules === undefined) {
    rules = { matcher: new PathMatcher(redactPaths), patterns: redactPatterns };
    if (rulesCache.size >= MAX_CACHED_RULES) rulesCache.clear();
    rulesCache.set(key, rules);
  }
  return rules;
}
