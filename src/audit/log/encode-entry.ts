/** A draft with its place in the log → the bytes of its leaf and of its payload. */
import { hash } from 'node:crypto';
import type { EventFacts, PayloadRecord, StoredPayload } from '../../contracts/event.ts';
import { EVENT_VERSION } from '../../contracts/event-kinds.ts';
import { auditErrors } from '../errors.ts';
import { applyPolicy } from '../payload/apply-policy.ts';
import type { AppendItem } from '../ports.ts';
import { canonicalJson } from './canonical-json.ts';
import type { EventIds, RandomPool } from './random-pool.ts';
import { MAX_LEAF_BYTES } from './segment-format.ts';

const SALT_BYTES = 32;
const NONCE_BYTES = 16;
/** With its salt. Bodies are cut long before by their policy; a frame must hold it. */
const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;
const COMMITMENT_PREFIX = Buffer.of(0x02);

export interface EntryPlace {
  readonly seq: number;
  readonly workspaceId: string;
  /** RFC 3339. */
  readonly recorded: string;
  readonly nowMs: number;
}

export interface EncodedEntry {
  readonly leaf: string;
  /** salt ‖ JSON. */
  readonly payload: Buffer | undefined;
}

export interface EntrySources {
  readonly random: RandomPool;
  readonly ids: EventIds;
}

/** @throws audit_entry_too_large, audit_event_invalid */
export function encodeEntry(
  draft: AppendItem['draft'],
  place: EntryPlace,
  sources: EntrySources,
): EncodedEntry {
  const id = draft.id ?? sources.ids.next(place.nowMs);
  const payload = draft.captured && encodePayload(draft.captured, sources.random);
  try {
    const leaf = encodeLeaf(draft, { ...place, id, payload: payload?.record }, sources.random);
    // UTF-8 needs up to three bytes for what is one unit in the text.
    if (leaf.length * 3 <= MAX_LEAF_BYTES || Buffer.byteLength(leaf) <= MAX_LEAF_BYTES)
      return { leaf, payload: payload?.bytes };
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw auditErrors.audit_event_invalid(`An event of kind "${draft.kind}" cannot be written.`, {
      cause,
    });
  }
  throw auditErrors.audit_entry_too_large(
    `An event of kind "${draft.kind}" takes more than ${MAX_LEAF_BYTES} bytes.`,
  );
}

function encodePayload(
  captured: NonNullable<AppendItem['draft']['captured']>,
  random: RandomPool,
): { record: PayloadRecord; bytes: Buffer | undefined } {
  const { record, stored } = applyPolicy(captured);
  if (stored === undefined) return { record, bytes: undefined };
  const bytes = Buffer.concat([random.take(SALT_BYTES), Buffer.from(encodeStored(stored))]);
  if (bytes.length > MAX_PAYLOAD_BYTES)
    throw auditErrors.audit_entry_too_large(
      `A payload takes more than ${MAX_PAYLOAD_BYTES} bytes.`,
    );
  return { record: { ...record, commit: payloadCommitment(bytes) }, bytes };
}

function encodeStored(stored: StoredPayload): string {
  return JSON.stringify(stored);
}

/** @param payload salt ‖ JSON */
export function payloadCommitment(payload: Uint8Array): string {
  return hash('sha256', Buffer.concat([COMMITMENT_PREFIX, payload]), 'base64');
}

interface LeafContext extends EntryPlace {
  readonly id: string;
  readonly payload: PayloadRecord | undefined;
}

/**
 * RFC 8785. Objects of a fixed shape are made with their names in order, which JSON.stringify keeps
 * and writes far faster than a general writer; only attributes, whose names can be any, need that.
 */
function encodeLeaf(draft: AppendItem['draft'], context: LeafContext, random: RandomPool): string {
  const before = JSON.stringify({ actor: actorOf(draft), agent: draft.agent });
  const after = JSON.stringify(factsAfterAttributes(draft, context, random));
  const attributes =
    draft.attributes === undefined ? '' : `,"attributes":${canonicalJson(draft.attributes)}`;
  const leaf = `${before.slice(0, -1)}${attributes},${after.slice(1)}`;
  // JSON.stringify escapes lone surrogates, as RFC 8785 does not.
  return leaf.includes('\\ud') ? canonicalJson(JSON.parse(leaf)) : leaf;
}

function actorOf({ actor }: AppendItem['draft']) {
  return {
    address: actor.address,
    auth: actor.auth,
    id: actor.id,
    name: actor.name,
    token: actor.token,
    type: actor.type,
  };
}

function factsAfterAttributes(
  draft: AppendItem['draft'],
  context: LeafContext,
  random: RandomPool,
) {
  return {
    bytes: draft.bytes && { in: draft.bytes.in, out: draft.bytes.out },
    cost: draft.cost && costOf(draft.cost),
    durationNs: draft.durationNs,
    error: draft.error && { code: draft.error.code, message: draft.error.message },
    id: context.id,
    intent: draft.intent,
    kind: draft.kind,
    machine: draft.machine,
    model: draft.model,
    nonce: random.take(NONCE_BYTES).toString('base64'),
    parent: draft.parent,
    payload: context.payload && payloadOf(context.payload),
    phase: draft.phase,
    provider: draft.provider,
    recorded: context.recorded,
    replica: draft.replica,
    request: draft.request,
    revision: draft.revision,
    run: draft.run,
    seq: context.seq,
    span: draft.span,
    status: draft.phase === 'intent' ? 'open' : (draft.status ?? 'ok'),
    time: draft.time ?? context.recorded,
    tokens: draft.tokens && tokensOf(draft.tokens),
    tool: draft.tool,
    v: EVENT_VERSION,
    workspace: context.workspaceId,
  };
}

function costOf({ amount, currency, prices }: NonNullable<EventFacts['cost']>) {
  return { amount, currency, prices };
}

function tokensOf(tokens: NonNullable<EventFacts['tokens']>) {
  const { cacheRead, cacheWrite, cacheWriteLong, input, output, reasoning } = tokens;
  return { cacheRead, cacheWrite, cacheWriteLong, input, output, reasoning };
}

function payloadOf({ commit, policy, request, response }: PayloadRecord) {
  return { commit, policy, request: bodyOf(request), response: bodyOf(response) };
}

function bodyOf(body: PayloadRecord['request']) {
  if (body === undefined) return undefined;
  const { bytes, contentType, redactions, sha256, truncated } = body;
  return { bytes, contentType, redactions, sha256, truncated };
}
