import type { StoredBody } from '../../contracts/event.ts';
import { isContainer, type JsonDocument, jsonDocument } from './json-rows.ts';

/** How a body is best read: `events` are server-sent. */
export type PayloadKind = 'empty' | 'json' | 'events' | 'text' | 'binary';

export interface ReadPayload {
  readonly kind: PayloadKind;
  /** Of JSON. */
  readonly doc?: JsonDocument;
}

export function readPayload({ body, encoding, contentType = '' }: StoredBody): ReadPayload {
  if (body === '') return { kind: 'empty' };
  if (encoding === 'base64') return { kind: 'binary' };
  if (/^text\/event-stream\b/i.test(contentType)) return { kind: 'events' };
  const doc = jsonDocument(body);
  if (doc === undefined) return { kind: 'text' };
  if (/[/+]json\b/i.test(contentType) || !isContainer(doc.root)) return { kind: 'json', doc };
  // Nobody said that it is: then it must begin like it.
  const { members, brokenAt } = doc.members(doc.root, 1);
  return members.length > 0 || brokenAt === undefined ? { kind: 'json', doc } : { kind: 'text' };
}

/** As many as a phone has room for. */
const BYTES_PER_LINE = 8;

/** The first bytes of base64: `00000000  48 65 6c 6c 6f  Hello`. */
export function hexHead(base64: string, maxBytes = 256): string {
  let head: string;
  try {
    head = atob(base64.slice(0, Math.ceil(maxBytes / 3) * 4)).slice(0, maxBytes);
  } catch {
    return '';
  }
  const lines: string[] = [];
  for (let from = 0; from < head.length; from += BYTES_PER_LINE) {
    const codes = [...head.slice(from, from + BYTES_PER_LINE)].map((c) => c.charCodeAt(0));
    const hex = codes.map((code) => code.toString(16).padStart(2, '0')).join(' ');
    const seen = codes.map((code) => (code >= 32 && code < 127 ? String.fromCharCode(code) : '.'));
    lines.push(
      `${from.toString(16).padStart(8, '0')}  ${hex.padEnd(BYTES_PER_LINE * 3 - 1)}  ${seen.join('')}`,
    );
  }
  return lines.join('\n');
}

/** Of base64, without decoding it. */
export function base64Bytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.floor((base64.length * 3) / 4) - padding;
}
