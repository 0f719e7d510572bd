/**
 * A network namespace for each machine, with a TAP for its VMM inside and a link to the namespace
 * swarmd runs in. docs/guides/networks.md has the picture, tap-rules.ts what may pass.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mustRun, run } from '../../base/command.ts';
import {
  chooseLink,
  DEFAULT_POOLS,
  parseSubnet,
  routedSubnets,
  type Subnet,
} from './address-pool.ts';
import { networkErrors } from './errors.ts';
import {
  TAP_GUEST_MAC,
  TAP_MTU,
  TAP_NAME,
  type TapAttachment,
  type TapCounters,
  type TapNetworks,
  type TapRequest,
} from './network.ts';
import { readTapRecord, removeTapRecord, type TapRecord, writeTapRecord } from './tap-record.ts';
import { HOST_TABLE } from './tap-rules.ts';
import {
  LINK_TAKEN_EXIT,
  linkName,
  linkUid,
  machineLinkAddress,
  makeScript,
  NAMESPACE_FOLDER,
  removeScript,
} from './tap-scripts.ts';

const COMMAND_TIMEOUT_MS = 20_000;
/** Other processes may take a link between our look at the routes and our claim. */
const CLAIM_ATTEMPTS = 20;
const MACHINE_ID = /^[A-Za-z0-9_-]{1,40}$/;

export interface TapNetworksOptions {
  /**
   * Tells installations on one host apart: the folder that holds the machines' folders. Its hash
   * is part of every namespace's name.
   */
  readonly machinesFolder: string;
  /** IPv4 ranges the links are taken from, as CIDR. */
  readonly pools?: readonly string[];
}

/** @throws network_addresses_taken when a pool is not in CIDR notation */
export function createTapNetworks(options: TapNetworksOptions): TapNetworks {
  const pools = (options.pools ?? DEFAULT_POOLS).map(readPool);
  const installation = createHash('sha256')
    .update(resolve(options.machinesFolder))
    .digest('hex')
    .slice(0, 8);
  const prefix = `swarm-${installation}-`;
  const namespaceOf = (machineId: string): string => {
    if (!MACHINE_ID.test(machineId)) throw new Error(`not a machine's id: ${machineId}`);
    return `${prefix}${machineId}`;
  };
  /** One thing at a time for each machine, so that two calls of `ensure` make one network. */
  const busy = new Map<string, Promise<unknown>>();
  const alone = <T>(machineId: string, action: () => Promise<T>): Promise<T> => {
    const result = (busy.get(machineId) ?? Promise.resolve()).then(action, action);
    const settled = result
      .catch(() => undefined)
      .finally(() => {
        if (busy.get(machineId) === settled) busy.delete(machineId);
      });
    busy.set(machineId, settled);
    return result;
  };

  return {
    ensure: (request) =>
      alone(request.machineId, () => ensure(request, namespaceOf(request.machineId), pools)),
    find: async ({ machineId, folder }) => {
      const found = await findWhole(folder, namespaceOf(machineId));
      return found === undefined ? undefined : attachmentOf(found);
    },
    remove: (machineId) => alone(machineId, () => removeNetwork(namespaceOf(machineId))),
    list: async () =>
      (await namespaces())
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length)),
    counters: (machineId) => readCounters(namespaceOf(machineId)),
  };
}

function readPool(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet !== undefined) return subnet;
  throw networkErrors.network_addresses_taken(`"${text}" is not an IPv4 range.`, {
    remedy: 'Write it as 100.64.0.0/10.',
  });
}

async function ensure(
  request: TapRequest,
  namespace: string,
  pools: readonly Subnet[],
): Promise<TapAttachment> {
  const ports = [...new Set(request.ports)].sort((a, b) => a - b);
  const found = await findWhole(request.folder, namespace);
  if (found !== undefined && sameRequest(found, ports, request.ownerUid))
    return attachmentOf(found);
  if ((await namespaces()).includes(namespace)) await removeNetwork(namespace);
  try {
    const link = await claimLink({ namespace, ports, pools, ownerUid: request.ownerUid });
    const made: TapRecord = { version: 1, namespace, link, ports };
    if (request.ownerUid !== undefined) made.ownerUid = request.ownerUid;
    await writeTapRecord(request.folder, made);
    return attachmentOf(made);
  } catch (error) {
    await removeTapRecord(request.folder);
    await removeNetwork(namespace).catch(() => undefined); // What failed first is what matters.
    throw error;
  }
}

function sameRequest(
  found: TapRecord,
  ports: readonly number[],
  ownerUid: number | undefined,
): boolean {
  return found.ownerUid === ownerUid && found.ports.join() === ports.join();
}

/** Makes the network on a link that was free, and returns the link's first address. */
async function claimLink(options: {
  namespace: string;
  ports: readonly number[];
  pools: readonly Subnet[];
  ownerUid: number | undefined;
}): Promise<number> {
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
    const routes = await mustRun('ip', ['-4', '-json', 'route', 'show', 'table', 'all'], {
      timeoutMs: COMMAND_TIMEOUT_MS,
    });
    const taken = routedSubnets(routes.stdout);
    const link = chooseLink({ pools: options.pools, taken, random: Math.random() });
    if (link === undefined) break;
    const { namespace, ports, ownerUid } = options;
    const script = makeScript({
      namespace,
      link,
      ports,
      ownerUid: ownerUid ?? linkUid(link),
    });
    const result = await run('sh', ['-s'], { input: script, timeoutMs: COMMAND_TIMEOUT_MS });
    if (result.exitCode === 0) return link;
    if (result.exitCode !== LINK_TAKEN_EXIT || !result.stderr.includes('File exists'))
      throw scriptError('make', namespace, result.stderr);
  }
  throw networkErrors.network_addresses_taken(
    'No addresses are left for the link between the host and a machine.',
  );
}

function scriptError(action: string, namespace: string, stderr: string): Error {
  const output = stderr.trim().slice(-1000);
  if (/Operation not permitted|Permission denied/.test(output))
    return networkErrors.network_not_permitted(
      `May not ${action} the network namespace ${namespace}: ${output}`,
    );
  return networkErrors.network_failed(`Cannot ${action} the network ${namespace}: ${output}`);
}

async function removeNetwork(namespace: string): Promise<void> {
  if (!(await namespaces()).includes(namespace)) return;
  const link = await linkOf(namespace);
  const links = link === undefined ? await abandonedLinks() : [link];
  const script = removeScript({ namespace, links });
  const result = await run('sh', ['-s'], { input: script, timeoutMs: COMMAND_TIMEOUT_MS });
  if (result.exitCode !== 0 && (await namespaces()).includes(namespace))
    throw scriptError('remove', namespace, result.stderr);
}

/** The link's first address, as the namespace itself tells it: it needs no file of ours. */
async function linkOf(namespace: string): Promise<number | undefined> {
  const args = ['-n', namespace, '-json', 'link', 'show', 'type', 'veth'];
  const result = await run('ip', args, { timeoutMs: COMMAND_TIMEOUT_MS });
  const hexadecimal = /"ifname":"swt-([0-9a-f]{8})"/.exec(result.stdout)?.[1];
  return hexadecimal === undefined ? undefined : Number.parseInt(hexadecimal, 16);
}

/**
 * Links that are in the host's rules but not there (any more): somebody else took them away. An
 * interface is always made before it comes under the rules, so none of these is being made.
 */
async function abandonedLinks(): Promise<readonly number[]> {
  const args = ['list', 'map', 'inet', HOST_TABLE, 'guarded'];
  const { stdout } = await run('nft', args, { timeoutMs: COMMAND_TIMEOUT_MS });
  const interfaces = await interfaceNames();
  return [...stdout.matchAll(/"swt-([0-9a-f]{8})"/g)]
    .map(([, hexadecimal = '']) => Number.parseInt(hexadecimal, 16))
    .filter((link) => !interfaces.includes(linkName(link)));
}

/** Not from /sys/class/net: that shows the namespace that /sys was mounted in. */
async function interfaceNames(): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/net/dev', 'utf8')).split('\n');
  return lines.map((line) => line.split(':')[0]?.trim() ?? '');
}

async function namespaces(): Promise<readonly string[]> {
  try {
    return await readdir(NAMESPACE_FOLDER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The record, when both ends of what it describes are there. */
async function findWhole(folder: string, namespace: string): Promise<TapRecord | undefined> {
  const found = await readTapRecord(folder);
  if (found?.namespace !== namespace) return undefined;
  if (!(await namespaces()).includes(namespace)) return undefined;
  const interfaces = await interfaceNames();
  return interfaces.includes(linkName(found.link)) ? found : undefined;
}

function attachmentOf(found: TapRecord): TapAttachment {
  const namespacePath = join(NAMESPACE_FOLDER, found.namespace);
  const host = machineLinkAddress(found.link);
  return {
    commandPrefix: ['nsenter', `--net=${namespacePath}`, '--'],
    namespacePath,
    tapName: TAP_NAME,
    guestMac: TAP_GUEST_MAC,
    mtu: TAP_MTU,
    uid: found.ownerUid ?? linkUid(found.link),
    endpoints: new Map(found.ports.map((port) => [port, { host, port }])),
  };
}

async function readCounters(namespace: string): Promise<TapCounters | undefined> {
  if (!(await namespaces()).includes(namespace)) return undefined;
  const args = [`--net=${join(NAMESPACE_FOLDER, namespace)}`, '--', 'nft', 'list', 'counters'];
  const { stdout } = await mustRun('nsenter', args, { timeoutMs: COMMAND_TIMEOUT_MS });
  const packets = (name: string): number => {
    const match = new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(stdout);
    return Number(match?.[1] ?? 0);
  };
  return {
    spoofed: packets('spoofed'),
    otherProtocols: packets('other_protocols'),
    linkLocal: packets('link_local'),
    refused: packets('refused'),
  };
}
