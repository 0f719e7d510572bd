/** What users see of an event: its entry, or its intent with the completion merged into it. */
import type {
  AuditEntry,
  EventFacts,
  EventResource,
  PayloadRecord,
  StoredPayload,
} from '../../contracts/event.ts';

/** The completion's facts replace the intent's; attributes, bytes and tokens are joined by name. */
export function mergeEvent(entry: AuditEntry, completion?: AuditEntry): EventResource {
  const { v: _v, phase: _phase, nonce: _nonce, intent: _intent, ...event } = entry;
  if (completion === undefined) return event;
  const { status, seq: completedSeq, ...rest } = completion;
  const facts = factsOf(rest);
  const merged: EventResource = { ...event, ...facts, status, completedSeq };
  if (event.attributes !== undefined && facts.attributes !== undefined)
    merged.attributes = { ...event.attributes, ...facts.attributes };
  if (event.bytes !== undefined && facts.bytes !== undefined)
    merged.bytes = { ...event.bytes, ...facts.bytes };
  if (event.tokens !== undefined && facts.tokens !== undefined)
    merged.tokens = { ...event.tokens, ...facts.tokens };
  const payload = mergePayloadRecord(event.payload, facts.payload);
  if (payload !== undefined) merged.payload = payload;
  return merged;
}

/** Who did what and when stays as the intent says it. */
function factsOf(completion: Omit<AuditEntry, 'status' | 'seq'>): EventFacts {
  const { v: _v, phase: _phase, nonce: _nonce, intent: _intent, id: _id, ...rest } = completion;
  const {
    time: _time,
    recorded: _recorded,
    workspace: _w,
    actor: _actor,
    kind: _k,
    ...facts
  } = rest;
  return facts;
}

function mergePayloadRecord(
  first: PayloadRecord | undefined,
  second: PayloadRecord | undefined,
): PayloadRecord | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  return { ...first, ...second };
}

/** null: something was stored and is erased; undefined: nothing was stored. */
export function mergeContent(
  first: StoredPayload | null | undefined,
  second: StoredPayload | null | undefined,
): StoredPayload | null | undefined {
  if (first === null || second === null) {
    const kept = first ?? second;
    return kept ?? null;
  }
  if (first === undefined || second === undefined) return second ?? first;
  return { ...first, ...second };
}
