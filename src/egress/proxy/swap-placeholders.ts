import {
  PLACEHOLDER_PATTERN,
  type PlaceholderSource,
  type UsableSecret,
} from '../../contracts/egress.ts';

/** A header's new value, and what happened to the placeholders in all of them. */
export interface SwappedHeaders {
  /** Name, value, name, value, … */
  readonly headers: string[];
  /** What the request carries now; each once. */
  readonly used: readonly UsableSecret[];
  /** `NAME: why` of those that stay text; unknown ones are named "unknown". */
  readonly kept: readonly string[];
}

export interface SwapTarget {
  readonly machineId: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** A rule allows the call, not only the mode `audit`. */
  readonly ruled: boolean;
}

const PREFIX = 'swsec_';
const BASIC = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i;
const MAX_KEPT = 20;
/** What may stand in a header's value: RFC 9110, 5.5, without obs-text. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** Swaps placeholders for values, in headers where the secret allows it and nowhere else. */
export function swapPlaceholders(
  rawHeaders: readonly string[],
  by: { readonly target: SwapTarget; readonly source: PlaceholderSource },
): SwappedHeaders {
  const used = new Map<string, UsableSecret>();
  const kept = new Set<string>();
  const headers: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const swap = (value: string) => swapIn(value, { name: name.toLowerCase(), ...by, used, kept });
    const value = rawHeaders[i + 1] as string;
    headers.push(name, value.includes(PREFIX) ? swap(value) : swapBasic(value, swap));
  }
  return { headers, used: [...used.values()], kept: [...kept].slice(0, MAX_KEPT) };
}

/** `Basic` hides the placeholder in base64: as a password, or as the whole. */
function swapBasic(value: string, swap: (text: string) => string): string {
  if (value.length > 100_000) return value;
  const match = BASIC.exec(value);
  if (match === null) return value;
  const credentials = Buffer.from(match[1] ?? '', 'base64').toString('latin1');
  if (!credentials.includes(PREFIX)) return value;
  const swapped = swap(credentials);
  return swapped === credentials
    ? value
    : `Basic ${Buffer.from(swapped, 'latin1').toString('base64')}`;
}

interface SwapContext {
  readonly name: string;
  readonly target: SwapTarget;
  readonly source: PlaceholderSource;
  readonly used: Map<string, UsableSecret>;
  readonly kept: Set<string>;
}

function swapIn(value: string, context: SwapContext): string {
  return value.replace(PLACEHOLDER_PATTERN, (text) => {
    const secret = context.source.resolve(context.target.machineId, text);
    if (secret === undefined) {
      context.kept.add('unknown');
      return text;
    }
    const why = refusal(secret, context);
    if (why !== undefined) {
      context.kept.add(`${secret.name}: ${why}`);
      return text;
    }
    context.used.set(secret.name, secret);
    return secret.value;
  });
}

function refusal(secret: UsableSecret, { name, target }: SwapContext): string | undefined {
  if (!secret.headers.includes(name)) return `header ${name}`;
  if (!mayGoTo(secret.hosts, target)) return `host ${target.host}`;
  if (target.scheme !== 'https' && !secret.allowHttp) return 'plain HTTP';
  if (!HEADER_VALUE.test(secret.value)) return 'its value cannot stand in a header';
  return undefined;
}

/** Empty: wherever a rule lets the call go. */
function mayGoTo(hosts: readonly string[], { host, ruled }: SwapTarget): boolean {
  if (hosts.length === 0) return ruled;
  return hosts.some((one) =>
    one.startsWith('*.')
      ? host.length > one.length - 1 && host.endsWith(one.slice(1))
      : one === host,
  );
}

/** Whether a text that goes out as it is has a placeholder in it. */
export function hasPlaceholder(bytes: Buffer | string): boolean {
  return bytes.includes(PREFIX);
}
