/** Everything that can be set from outside, parsed once into a typed value. */
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nearest } from '../base/nearest.ts';
import { mainErrors } from './errors.ts';

export interface Configuration {
  /** Everything that swarmd stores is under it. */
  readonly home: string;
  /** Kernel, layers, base images: may be shared between homes. */
  readonly cacheDir: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Names, besides loopback and the address it listens on, that requests may be addressed to. */
  readonly allowedHosts: readonly string[];
  readonly driver: 'auto' | 'qemu' | 'firecracker';
  readonly network: 'auto' | 'user' | 'tap';
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly maxUploadBytes: number;
  /** How often swarmd verifies its audit log by itself; 0: never. */
  readonly auditVerifyHours: number;
  readonly egress: {
    /** PEM of authorities that upstreams' certificates may be signed by, beside the system's. */
    readonly caPath: string | undefined;
    /** Names and addresses that are asked before DNS. */
    readonly hostsPath: string;
  };
}

const VARIABLES = [
  'SWARM_HOME',
  'SWARM_CACHE_DIR',
  'SWARM_LISTEN',
  'SWARM_ALLOW_REMOTE',
  'SWARM_ALLOWED_HOSTS',
  'SWARM_DRIVER',
  'SWARM_NETWORK',
  'SWARM_LOG_LEVEL',
  'SWARM_MAX_UPLOAD_MIB',
  'SWARM_AUDIT_VERIFY_HOURS',
  'SWARM_EGRESS_CA_FILE',
  'SWARM_EGRESS_HOSTS_FILE',
] as const;
/** The CLI's, the client's and the launcher's, which swarmd does not read. */
const OTHERS = /^SWARM_(URL|TOKEN|TEST_|BENCH_|SETUP_|OUTPUT|NO_)/;

const MIB = 1024 * 1024;
const DEFAULT_LISTEN = '127.0.0.1:7700';

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws configuration_invalid, listen_address_invalid, listen_not_loopback */
export function readConfiguration(argv: readonly string[], env: Environment): Configuration {
  const options = parseOptions(argv);
  const home = resolve(env.SWARM_HOME || join(homedir(), '.swarm'));
  const listen = parseListen(options.listen ?? (env.SWARM_LISTEN || DEFAULT_LISTEN));
  checkRemote(listen.host, env);
  return {
    home,
    cacheDir: env.SWARM_CACHE_DIR ? resolve(env.SWARM_CACHE_DIR) : join(home, 'cache'),
    listen,
    allowedHosts: allowedHosts(listen.host, env),
    driver: choice(env, { name: 'SWARM_DRIVER', values: ['auto', 'qemu', 'firecracker'] }),
    network: choice(env, { name: 'SWARM_NETWORK', values: ['auto', 'user', 'tap'] }),
    logLevel: choice(env, {
      name: 'SWARM_LOG_LEVEL',
      values: ['info', 'trace', 'debug', 'warn', 'error', 'silent'],
    }),
    maxUploadBytes:
      wholeNumber(env, { name: 'SWARM_MAX_UPLOAD_MIB', absent: 2048, max: 1024 * 1024 }) * MIB,
    auditVerifyHours: wholeNumber(env, {
      ...{ name: 'SWARM_AUDIT_VERIFY_HOURS', absent: 24, min: 0, max: 8760 },
    }),
    egress: {
      caPath: env.SWARM_EGRESS_CA_FILE ? resolve(env.SWARM_EGRESS_CA_FILE) : undefined,
      hostsPath: env.SWARM_EGRESS_HOSTS_FILE ? resolve(env.SWARM_EGRESS_HOSTS_FILE) : '/etc/hosts',
    },
  };
}

/** Variables that begin like ours and are none: probably mistyped. For a warning each. */
export function unknownVariables(env: Environment): string[] {
  const known: readonly string[] = VARIABLES;
  return Object.keys(env)
    .filter((name) => name.startsWith('SWARM_') && !known.includes(name) && !OTHERS.test(name))
    .map((name) => {
      const meant = nearest(name, known);
      return meant === undefined ? name : `${name} (did you mean ${meant}?)`;
    });
}

function parseOptions(argv: readonly string[]): { listen?: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { listen: { type: 'string' } },
      strict: true,
    });
    return values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw mainErrors.configuration_invalid(`swarmd takes --listen HOST:PORT only. ${message}`);
  }
}

/** `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (loopback). */
function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2] ?? '';
  if (match === null || port > 65_535 || (match[1] !== undefined && isIP(host) !== 6))
    throw mainErrors.listen_address_invalid(`"${text}" is not an address to listen on.`);
  return { host: host === '' ? '127.0.0.1' : host, port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function checkRemote(host: string, env: Environment): void {
  if (isLoopback(host)) return;
  const allowed = choice(env, { name: 'SWARM_ALLOW_REMOTE', values: ['0', '1'] });
  if (allowed === '1') return;
  throw mainErrors.listen_not_loopback(
    `${host} is reachable from other hosts, and swarmd speaks HTTP without TLS: tokens would cross the network in clear.`,
  );
}

function allowedHosts(host: string, env: Environment): string[] {
  const named = (env.SWARM_ALLOWED_HOSTS ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  // On all addresses, a request may name any of them; a name still has to be allowed.
  const own = host === '0.0.0.0' || host === '::' ? ['*ip'] : [host.toLowerCase()];
  return [...own, ...named];
}

/** The first value is what it is when the variable is not set. */
function choice<const T extends string>(
  env: Environment,
  { name, values }: { name: string; values: readonly [T, ...T[]] },
): T {
  const text = env[name];
  if (text === undefined || text === '') return values[0];
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  const meant = nearest(text, values);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  throw mainErrors.configuration_invalid(
    `${name} is "${text}"; it must be one of ${values.join(', ')}.${hint}`,
  );
}

function wholeNumber(
  env: Environment,
  { name, absent, min = 1, max }: { name: string; absent: number; min?: number; max: number },
): number {
  const text = env[name];
  if (text === undefined || text === '') return absent;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw mainErrors.configuration_invalid(
    `${name} is "${text}"; it must be a whole number from ${min} to ${max}.`,
  );
}
