/**
 * Where a page of events ended: a place in the log, so events that arrive, and an index that is
 * made again, change nothing about it. Version, order and place, with a check of four bytes.
 */
import { hash } from 'node:crypto';
import { searchErrors } from './errors.ts';

const VERSION = 1;
const BYTES = 12;

export interface CursorPlace {
  readonly workspaceId: string;
  readonly order: 'asc' | 'desc';
}

export function writeEventCursor(place: CursorPlace, seq: number): string {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt8(place.order === 'asc' ? 1 : 2, 1);
  bytes.writeUIntBE(seq, 2, 6);
  checkOf(place, bytes).copy(bytes, 8);
  return bytes.toString('base64url');
}

/** @throws event_cursor_invalid */
export function readEventCursor(place: CursorPlace, cursor: string): number {
  const bytes = Buffer.from(cursor, 'base64url');
  if (
    bytes.length !== BYTES ||
    bytes.toString('base64url') !== cursor ||
    bytes.readUInt8(0) !== VERSION ||
    !checkOf(place, bytes).equals(bytes.subarray(8))
  )
    throw searchErrors.event_cursor_invalid(
      'The cursor is not one that this list gave: it is malformed, or of another list or order.',
    );
  return bytes.readUIntBE(2, 6);
}

function checkOf({ workspaceId, order }: CursorPlace, bytes: Buffer): Buffer {
  const text = `event-cursor\n${workspaceId}\n${order}\n${bytes.toString('hex', 0, 8)}`;
  return hash('sha256', text, 'buffer').subarray(0, 4);
}
