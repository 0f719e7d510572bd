import { domainToASCII } from 'node:url';
import { isAddressLike } from '../../contracts/egress-host.ts';

export type HostName =
  | { readonly ok: true; readonly host: string }
  /** Why it is none, to stand behind "the host". */
  | { readonly ok: false; readonly reason: string };

/** Longer than any name could be written, IDNA included. */
const MAX_INPUT = 1024;
const MAX_HOST = 253;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The plain DNS name that a guest means: lower case, IDNA in ASCII, without a final dot. Whatever
 * is no plain name is refused and not mended: addresses in every form that a resolver or URL parser
 * takes, ports, users, percent-encoding, zone ids, empty labels.
 */
export function normaliseHost(text: string): HostName {
  if (text === '') return refused('is empty');
  if (text.length > MAX_INPUT) return refused('is too long');
  const shape = shapeFault(text);
  if (shape !== undefined) return refused(shape);
  const ascii = asciiOf(text.toLowerCase());
  if (ascii === undefined) return refused('is not a valid international name');
  const host = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (host === '' || host.length > MAX_HOST) return refused('is not a name of DNS: its length');
  const labels = host.split('.');
  if (isAddressLike(labels)) return refused('is an address; only names can be allowed');
  if (labels.some((label) => label === '')) return refused('has an empty label');
  if (!labels.every((label) => LABEL.test(label))) return refused('is not a name of DNS');
  return { ok: true, host };
}

const refused = (reason: string): HostName => ({ ok: false, reason });

function shapeFault(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u0020\u007f-\u00a0]/.test(text)) return 'has control characters or spaces';
  if (text.includes('%')) return 'has percent-encoding or a zone id';
  if (text.includes('@')) return 'has a user in it';
  if (/[[\]]/.test(text) || /:.*:/.test(text)) return 'is an address; only names can be allowed';
  if (text.includes(':')) return 'has a port in it';
  if (/[/\\?#]/.test(text)) return 'has a path in it';
  return undefined;
}

/** Undefined: IDNA refuses it, or it says something else than it shows. */
function asciiOf(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is all from the first on.
  const isPlain = /^[\u0000-\u007f]*$/.test(text);
  if (isPlain && !text.includes('xn--')) return text;
  const ascii = domainToASCII(text);
  if (ascii === '') return undefined;
  // A label in punycode that is not written as IDNA writes it would be another name elsewhere.
  return isPlain && ascii !== text ? undefined : ascii;
}
