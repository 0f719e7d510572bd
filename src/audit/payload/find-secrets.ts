/**
 * Where keys, addresses and numbers of people stand in a text. Every search takes time linear in
 * the text, whoever wrote it: repetitions are bounded, or begin only where a run begins.
 */
import type { RedactPattern } from '../../contracts/trail.ts';
import { findCards } from './find-cards.ts';

/** Of UTF-16 units: start inclusive, end exclusive. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly pattern: RedactPattern;
}

type Finder = (text: string, add: (start: number, end: number) => void) => void;

const FINDERS: Readonly<Record<RedactPattern, Finder>> = {
  keys: findKeys,
  iban: findIbans,
  card: findCards,
  email: findEmails,
  phone: findPhones,
};

/** Sorted, apart from each other: what overlaps is one. */
export function findSecrets(text: string, patterns: readonly RedactPattern[]): readonly Found[] {
  const all: Found[] = [];
  for (const pattern of patterns)
    FINDERS[pattern](text, (start, end) => all.push({ start, end, pattern }));
  if (all.length < 2) return all;
  all.sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: Found[] = [];
  for (const found of all) {
    const last = apart.at(-1);
    if (last === undefined || found.start >= last.end) apart.push(found);
    else if (found.end > last.end) apart[apart.length - 1] = { ...last, end: found.end };
  }
  return apart;
}

/**
 * Shapes that issuers publish. Each alternative is a fixed beginning and one run of at least so
 * many characters: it fails after no more than that many, or succeeds and is not looked at again.
 */
const KEY = new RegExp(
  [
    'sk-[\\w-]{16,}', // OpenAI, Anthropic, DeepSeek, OpenRouter
    '[srp]k_(?:live|test)_\\w{16,}|whsec_\\w{16,}', // Stripe
    'gh[pousr]_\\w{20,}|github_pat_\\w{20,}', // GitHub
    'gl(?:pat|rt|dt|cbt|ptt|soat)-[\\w.-]{16,}', // GitLab
    'xox[abeoprs]-[\\w-]{10,}|xapp-[\\w-]{10,}', // Slack
    '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}', // AWS
    'AIza[\\w-]{30,}|ya29\\.[\\w-]{16,}|GOCSPX-[\\w-]{16,}', // Google
    'hf_\\w{20,}|gsk_\\w{20,}|r8_\\w{20,}|pplx-\\w{20,}|tvly-[\\w-]{16,}|xai-\\w{20,}|nvapi-[\\w-]{20,}',
    'lsv2_\\w{16,}|(?:sk|pk)-lf-[\\w-]{16,}', // LangSmith, Langfuse
    'npm_\\w{20,}|pypi-[\\w-]{20,}|dckr_pat_[\\w-]{16,}|dop_v1_\\w{20,}|shp(?:at|ca|pa|ss)_\\w{20,}',
    'SG\\.[\\w.-]{20,}|key-[0-9a-f]{32}|EAA[A-Za-z0-9]{40,}|AGE-SECRET-KEY-1\\w{20,}|hv[sbr]\\.[\\w-]{20,}',
    'swarm_[0-9a-z]{16,}_[0-9a-z]{16,}', // ours
  ]
    .map((shape) => `(?:${shape})`)
    .join('|')
    .replace(/^/, '(?<![A-Za-z0-9])(?:')
    .concat(')'),
  'g',
);
/** Begins only where a run begins, so no run is read twice. */
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)?/g;
/** The word before it stays. */
const BEARER = /\b(?:bearer|basic|token)(?:[ \t]|%20|\+){1,4}(?=[\w.~+/=-]{16})/gi;
const CREDENTIAL_RUN = /[\w.~+/=-]*/y;
const KEY_BLOCK = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_BLOCK_END = '-----END ';

function findKeys(text: string, add: (start: number, end: number) => void): void {
  for (const match of text.matchAll(KEY)) add(match.index, match.index + match[0].length);
  if (text.includes('eyJ'))
    for (const match of text.matchAll(JWT)) add(match.index, match.index + match[0].length);
  for (const match of text.matchAll(BEARER)) {
    const start = match.index + match[0].length;
    CREDENTIAL_RUN.lastIndex = start;
    CREDENTIAL_RUN.exec(text);
    // "token authentication-required" is prose: what is a credential has a digit or is long.
    const run = text.slice(start, CREDENTIAL_RUN.lastIndex);
    if (/\d/.test(run) || run.length >= 32) add(start, start + run.length);
  }
  findKeyBlocks(text, add);
}

/** A block that is cut off ends with the text. */
function findKeyBlocks(text: string, add: (start: number, end: number) => void): void {
  if (!text.includes('PRIVATE KEY')) return;
  KEY_BLOCK.lastIndex = 0;
  for (let match = KEY_BLOCK.exec(text); match !== null; match = KEY_BLOCK.exec(text)) {
    const tail = text.indexOf(KEY_BLOCK_END, KEY_BLOCK.lastIndex);
    const dashes = tail === -1 ? -1 : text.indexOf('-----', tail + KEY_BLOCK_END.length);
    const end = dashes === -1 ? text.length : dashes + 5;
    add(match.index, end);
    KEY_BLOCK.lastIndex = end;
  }
}

const AT = /@|%40/g;
const MAX_LOCAL = 64;
/** After the sign: labels, the last of them a top-level domain. */
const DOMAIN =
  /(?:[A-Za-z0-9\u0080-\uffff-]{1,63}\.){1,8}[A-Za-z\u0080-\uffff][A-Za-z0-9\u0080-\uffff-]{1,62}/y;

function isLocalPart(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code >= 0x80 ||
    // . _ % + - ' ! # $ & * / = ? ^ ` | ~ without those that usually stand between words
    code === 0x2e ||
    code === 0x5f ||
    code === 0x25 ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x7e
  );
}

function findEmails(text: string, add: (start: number, end: number) => void): void {
  if (!text.includes('@') && !text.includes('%40')) return;
  let from = 0;
  for (const { index, 0: sign } of text.matchAll(AT)) {
    if (index < from) continue;
    let start = index;
    const least = Math.max(from, index - MAX_LOCAL);
    while (start > least && isLocalPart(text.charCodeAt(start - 1))) start--;
    if (start === index) continue;
    DOMAIN.lastIndex = index + sign.length;
    if (!DOMAIN.test(text)) continue;
    from = DOMAIN.lastIndex;
    add(start, from);
  }
}

/** With the country's code, or as North America writes it. */
const PHONE =
  /(?<![\w+.])(?:(?:\+|00)[1-9](?:[ ().\u00a0/-]{0,2}\d){6,14}|(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4})(?![\w])/g;

function findPhones(text: string, add: (start: number, end: number) => void): void {
  for (const match of text.matchAll(PHONE)) add(match.index, match.index + match[0].length);
}

/** ISO 13616: what follows the country and the check digits, by country. */
const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29 },
    ...{ BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29 },
    ...{ ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28 },
    ...{ HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20 },
    ...{ LB: 28, LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19 },
    ...{ MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24, PL: 28, PS: 29 },
    ...{ PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24, SI: 19, SK: 24 },
    ...{ SM: 27, SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20 },
    ...{ YE: 30 },
  }),
);
const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9])/g;

function findIbans(text: string, add: (start: number, end: number) => void): void {
  for (const { index, 0: head } of text.matchAll(IBAN_START)) {
    const length = IBAN_LENGTHS.get(head.slice(0, 2).toUpperCase());
    if (length === undefined) continue;
    let compact = '';
    let end = index;
    while (compact.length < length && end < text.length) {
      const character = text.charAt(end);
      if (/[A-Za-z0-9]/.test(character)) compact += character;
      else if (
        (character !== ' ' && character !== '-') ||
        !/[A-Za-z0-9]/.test(text.charAt(end - 1))
      )
        break;
      end++;
    }
    if (compact.length === length && !/[A-Za-z0-9]/.test(text.charAt(end)) && isIban(compact))
      add(index, end);
  }
}

/** ISO 7064, modulo 97. */
function isIban(compact: string): boolean {
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
