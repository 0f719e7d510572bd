/** Where an entry lies, in two exact numbers beside its segment: offset · 2^n + length. */
import type { EntryLocation } from '../ports.ts';

const LEAF_LENGTH = 2 ** 20;
const PAYLOAD_LENGTH = 2 ** 25;

export interface PackedLocation {
  readonly segment: number;
  readonly leaf: number;
  readonly payload: number;
}

/** @throws Error for lengths that no segment has */
export function packLocation(location: EntryLocation): PackedLocation {
  const { segment, leafOffset, leafBytes, payloadOffset, payloadBytes } = location;
  const leaf = leafOffset * LEAF_LENGTH + leafBytes;
  const payload = payloadBytes === 0 ? 0 : payloadOffset * PAYLOAD_LENGTH + payloadBytes;
  if (leafBytes >= LEAF_LENGTH || payloadBytes >= PAYLOAD_LENGTH || !Number.isSafeInteger(payload))
    throw new Error(`an entry in segment ${segment} at ${leafOffset} is too large for the index`);
  return { segment, leaf, payload };
}

export function unpackLocation({ segment, leaf, payload }: PackedLocation): EntryLocation {
  return {
    segment,
    leafOffset: Math.floor(leaf / LEAF_LENGTH),
    leafBytes: leaf % LEAF_LENGTH,
    payloadOffset: Math.floor(payload / PAYLOAD_LENGTH),
    payloadBytes: payload % PAYLOAD_LENGTH,
  };
}
