/** Which segments there are, and what their headers say. */
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditErrors } from '../errors.ts';
import { readWindow } from './scan-frames.ts';
import {
  decodeHeader,
  MAX_HEADER_BYTES,
  parseSegmentName,
  type SegmentHeader,
  segmentName,
} from './segment-format.ts';

/** @param dir of the workspace */
export function segmentPath(dir: string, first: number): string {
  return join(dir, 'segments', segmentName(first));
}

/** Their first sequence numbers, ascending; none when there is no such folder. */
export function listSegments(dir: string): number[] {
  let names: string[];
  try {
    names = readdirSync(join(dir, 'segments'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .map(parseSegmentName)
    .filter((first) => first !== undefined)
    .sort((one, other) => one - other);
}

export interface OpenSegment extends Disposable {
  readonly path: string;
  readonly fd: number;
  readonly bytes: number;
  readonly header: SegmentHeader & { readonly byteLength: number };
}

/** @throws audit_log_damaged; errors of the file system as they are */
export function openSegment(dir: string, first: number): OpenSegment {
  const path = segmentPath(dir, first);
  const fd = openSync(path, 'r');
  try {
    const header = decodeHeader(readWindow(fd, 0, MAX_HEADER_BYTES));
    if (header === undefined || header.first !== first)
      throw damaged(path, 0, 'its header is not as it was written');
    const { size: bytes } = fstatSync(fd);
    return { path, fd, bytes, header, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** @param what as the end of a sentence */
export function damaged(path: string, offset: number, what: string) {
  return auditErrors.audit_log_damaged(
    `The audit log is damaged: ${path} at byte ${offset}: ${what}.`,
    { details: { file: path, offset } },
  );
}
