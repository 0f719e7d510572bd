/**
 * What may stand as a host in a rule, and what is wrong with anything else, said to the person who
 * wrote it. Hosts that a guest names are judged in src/egress/policy/, which is far stricter.
 */

/** 253 characters is what DNS can carry in text form (RFC 1035, 2.3.4). */
const MAX_HOST_LENGTH = 253;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Second labels under a country's own that registries hand names out below: `*.co.uk` is as wide as `*.com`. */
const REGISTRY_LABELS = new Set(['ac', 'co', 'com', 'edu', 'gov', 'net', 'or', 'org']);

/** Where else to say what does not belong into a host. */
const ADVICE = {
  rule: {
    port: 'write it under "ports" of the same rule',
    path: 'write the host alone, and the path under "paths" of the same rule',
    address: 'give it a name in DNS, and name its range in "ranges" if it is private',
    everything: 'name the hosts, or let "mode: audit" find out which they are',
    http: ', with port 80 for plain HTTP',
  },
  secret: {
    port: 'write the host alone, it counts for each port',
    path: 'write the host alone',
    address: 'give it a name in DNS',
    everything: 'name the hosts; without any, it may go wherever the agent may call',
    http: '',
  },
} as const;

/**
 * @param of a rule of a policy, or where a secret may go
 * @returns what is wrong with it and what to write instead, to stand behind the value; undefined:
 *   nothing
 */
export function hostFault(text: string, of: keyof typeof ADVICE = 'rule'): string | undefined {
  const advice = ADVICE[of];
  if (text === '') return 'is empty: write a name such as api.example.com';
  const shape = shapeFault(text, advice);
  if (shape !== undefined) return shape;
  if (text === '*' || text === '*.') return `would allow everything: ${advice.everything}`;
  const name = text.startsWith('*.') ? text.slice(2) : text;
  if (name.includes('*'))
    return 'has "*" in the wrong place: only *.example.com is known, for all names below it';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is looked for.
  if (/[^\u0000-\u007f]/.test(name)) return unicodeFault(text);
  if (name.endsWith('.')) return `ends with a dot: write ${text.replace(/\.+$/, '')}`;
  if (text !== text.toLowerCase()) return `has capital letters: write ${text.toLowerCase()}`;
  if (text.length > MAX_HOST_LENGTH)
    return `has ${text.length} characters: a name has at most ${MAX_HOST_LENGTH}`;
  const labels = name.split('.');
  if (isAddressLike(labels)) return addressFault(advice);
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad !== undefined) return labelFault(bad);
  if (text.startsWith('*.') && isTooBroad(labels))
    return `is too broad: everybody can have a name below ${name}; name the hosts, or *.example.${name}`;
  return undefined;
}

type Advice = (typeof ADVICE)[keyof typeof ADVICE];

function addressFault(advice: Advice): string {
  return `is an address: only names can be allowed; ${advice.address}`;
}

function shapeFault(text: string, advice: Advice): string | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme !== undefined)
    return `has a scheme: write the host alone${scheme.toLowerCase() === 'http://' ? advice.http : ''}`;
  if (/\s/.test(text)) return 'has a space in it: write one host in each rule';
  if (text.includes('/')) return `has a path: ${advice.path}`;
  if (text.includes('@')) return 'has a user in it: write the host alone';
  if (/^\[|:.*:/.test(text)) return addressFault(advice);
  if (text.includes(':')) return `has a port: ${advice.port}`;
  return undefined;
}

/** Whatever URL parsers take for IPv4 (WHATWG URL, "ends in a number"): 1.2.3.4, 0x7f.1, 2130706433. */
export function isAddressLike(labels: readonly string[]): boolean {
  return /^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '');
}

function unicodeFault(text: string): string {
  const prefix = text.startsWith('*.') ? '*.' : '';
  const ascii = URL.parse(`http://${text.slice(prefix.length)}`)?.hostname;
  const says = 'has letters outside ASCII';
  return ascii === undefined || ascii === '' || !LABEL.test(ascii.split('.')[0] ?? '')
    ? `${says} that no host name can have`
    : `${says}: write ${prefix}${ascii}`;
}

function labelFault(label: string): string {
  if (label === '') return 'has two dots next to each other, or begins with one';
  if (label.length > 63) return 'has a part of more than 63 characters between its dots';
  if (/^-|-$/.test(label)) return `has a part that begins or ends with "-": ${label}`;
  return 'has characters that no host name can have: letters, digits, "-" and dots are allowed';
}

/** Nobody owns all that lies below one label, nor below a registry's: `*.com`, `*.co.uk`. */
function isTooBroad(labels: readonly string[]): boolean {
  if (labels.length === 1) return true;
  const [second, top] = labels;
  return labels.length === 2 && top?.length === 2 && REGISTRY_LABELS.has(second ?? '');
}
