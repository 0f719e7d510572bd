import type { AuditEntry, StoredPayload } from '../../contracts/event.ts';
import type { DecodedEntry, StoredEntry } from '../ports.ts';

const SALT_BYTES = 32;

/**
 * The writer's own bytes, whose hash the reader checked: only their form is looked at.
 * @returns undefined for an erased entry. @throws SyntaxError for bytes that are no JSON
 */
export function decodeEntry(
  stored: Pick<StoredEntry, 'leaf' | 'payload'>,
): DecodedEntry | undefined {
  if (stored.leaf === undefined) return undefined;
  const entry: AuditEntry = JSON.parse(stored.leaf.toString());
  if (!stored.payload) return { entry, payload: stored.payload };
  const payload: StoredPayload = JSON.parse(stored.payload.toString('utf8', SALT_BYTES));
  return { entry, payload };
}
