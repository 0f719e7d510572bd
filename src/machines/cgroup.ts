/**
 * Limits by cgroup, version 2 or 1, whichever this host has. Each machine gets a cgroup of its own
 * below one of this data folder's, so that several swarmd on a host do not meet.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readTextIfThere } from '../base/files.ts';
import { waitUntil } from '../base/wait.ts';

export interface MachineLimits {
  /** CPUs' worth of time, such as 0.5. */
  readonly cpus: number;
  /** Guest memory and the VMM's own. */
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly pids: number;
}

export interface Cgroups {
  /** Why limits are not applied on this host; absent: they are. */
  readonly missing?: string;
  /** The machine's cgroup folders: one with version 2, one for each controller with version 1. */
  folders(machineId: string): readonly string[];
  /** Makes them and sets the limits; idempotent. Returns the `cgroup.procs` files to join. */
  ensure(machineId: string, limits: MachineLimits): Promise<readonly string[]>;
  /** Kills what still runs in them and removes them. `recorded`: folders of an earlier swarmd. */
  remove(machineId: string, recorded?: readonly string[]): Promise<void>;
  /** Machines with a cgroup here. */
  list(): Promise<readonly string[]>;
  /** Removes this data folder's own cgroup when no machine is left in it. */
  close(): Promise<void>;
}

type Controller = 'memory' | 'cpu' | 'pids';
const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids'];
const CPU_PERIOD_US = 100_000;

interface Hierarchy {
  readonly version: 1 | 2;
  readonly controllers: readonly Controller[];
  /** Folder in which machines' folders are made. */
  readonly parent: string;
}

/** What is written where, for one hierarchy. Order matters in none of them. */
export function limitFiles(
  hierarchy: Pick<Hierarchy, 'version' | 'controllers'>,
  limits: MachineLimits,
): ReadonlyMap<string, string> {
  const quotaUs = Math.max(1_000, Math.round(limits.cpus * CPU_PERIOD_US));
  const files = new Map<string, string>();
  const has = (controller: Controller) => hierarchy.controllers.includes(controller);
  if (has('pids')) files.set('pids.max', String(limits.pids));
  if (hierarchy.version === 2) {
    if (has('memory')) files.set('memory.max', String(limits.memoryBytes));
    if (has('cpu')) files.set('cpu.max', `${quotaUs} ${CPU_PERIOD_US}`);
    return files;
  }
  if (has('memory')) files.set('memory.limit_in_bytes', String(limits.memoryBytes));
  if (has('cpu')) {
    files.set('cpu.cfs_period_us', String(CPU_PERIOD_US));
    files.set('cpu.cfs_quota_us', String(quotaUs));
  }
  return files;
}

/**
 * Finds out what this host allows by making and removing a cgroup.
 * `machinesDir` gives the cgroup its name: each data folder has its own.
 */
export async function openCgroups(options: { machinesDir: string }): Promise<Cgroups> {
  const name = `swarm-${createHash('sha256').update(options.machinesDir).digest('hex').slice(0, 12)}`;
  try {
    const hierarchies = await findHierarchies(name);
    for (const hierarchy of hierarchies) await prepare(hierarchy);
    return createCgroups(hierarchies, name);
  } catch (error) {
    return withoutCgroups(`cgroups cannot be used: ${(error as Error).message}`);
  }
}

function withoutCgroups(missing: string): Cgroups {
  const none = () => Promise.resolve([]);
  const nothing = () => Promise.resolve();
  return { missing, folders: () => [], ensure: none, remove: nothing, list: none, close: nothing };
}

function createCgroups(hierarchies: readonly Hierarchy[], name: string): Cgroups {
  const folders = (machineId: string) => hierarchies.map((h) => join(h.parent, machineId));
  return {
    folders,
    async ensure(machineId, limits) {
      const procs: string[] = [];
      for (const hierarchy of hierarchies) {
        const folder = join(hierarchy.parent, machineId);
        await prepare(hierarchy);
        await mkdir(folder, { recursive: true });
        for (const [file, value] of limitFiles(hierarchy, limits))
          await writeFile(join(folder, file), value);
        procs.push(join(folder, 'cgroup.procs'));
      }
      return procs;
    },
    async remove(machineId, recorded = []) {
      for (const folder of new Set([...folders(machineId), ...recorded]))
        if (basename(folder) === machineId) await removeCgroup(folder);
      // An earlier swarmd may have run in another cgroup: nobody else would remove what it made.
      const parents = new Set(hierarchies.map((h) => h.parent));
      for (const above of new Set(recorded.map((folder) => dirname(folder))))
        if (basename(above) === name && !parents.has(above))
          await rmdir(above).catch(() => undefined);
    },
    async list() {
      const found = new Set<string>();
      for (const { parent } of hierarchies) {
        const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
        for (const entry of entries) if (entry.isDirectory()) found.add(entry.name);
      }
      return [...found];
    },
    async close() {
      for (const { parent } of hierarchies) await rmdir(parent).catch(() => undefined);
    },
  };
}

/** Makes the data folder's own cgroup and hands the controllers down to its children. */
async function prepare(hierarchy: Hierarchy): Promise<void> {
  await mkdir(hierarchy.parent, { recursive: true });
  if (hierarchy.version === 1) return;
  const control = join(hierarchy.parent, 'cgroup.subtree_control');
  const enable = hierarchy.controllers.map((controller) => `+${controller}`).join(' ');
  const above = join(dirname(hierarchy.parent), 'cgroup.subtree_control');
  await writeFile(above, enable);
  await writeFile(control, enable);
}

async function removeCgroup(folder: string): Promise<void> {
  const removed = await waitUntil(
    async () => {
      for (const pid of (await readTextIfThere(join(folder, 'cgroup.procs')))?.split('\n') ?? [])
        if (Number(pid) > 1) killQuietly(Number(pid));
      return rmdir(folder).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      );
    },
    { timeoutMs: 5_000, intervalMs: 10 },
  );
  if (removed === undefined) throw new Error(`the cgroup ${folder} cannot be removed`);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** A line of /proc/self/mountinfo that is a cgroup file system. */
interface CgroupMount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  readonly root: string;
  readonly options: readonly string[];
}

export function parseCgroupMounts(mountinfo: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of mountinfo.split('\n')) {
    // proc(5): id parent major:minor root mountpoint options … - type source superoptions
    const [left = '', right = ''] = line.split(' - ');
    const fields = left.split(' ');
    const [type = '', , superOptions = ''] = right.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    mounts.push({
      version: type === 'cgroup' ? 1 : 2,
      root: fields[3] ?? '/',
      mountPoint: fields[4] ?? '',
      options: superOptions.split(','),
    });
  }
  return mounts;
}

/** The path of our own cgroup in a hierarchy, from /proc/self/cgroup. */
export function ownCgroup(selfCgroup: string, controller: string): string {
  for (const line of selfCgroup.split('\n')) {
    const [, names = '', ...path] = line.split(':');
    if (names.split(',').includes(controller)) return path.join(':');
  }
  return '/';
}

async function findHierarchies(name: string): Promise<Hierarchy[]> {
  const mounts = parseCgroupMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  const self = await readFile('/proc/self/cgroup', 'utf8');
  const v1 = CONTROLLERS.flatMap((controller): Hierarchy[] => {
    const mount = mounts.find((m) => m.version === 1 && m.options.includes(controller));
    if (mount === undefined) return [];
    // Below our own cgroup, so that whatever limits us limits our machines too.
    const own = ownCgroup(self, controller);
    const inMount = own.startsWith(mount.root) ? own.slice(mount.root.length) : '';
    const parent = join(mount.mountPoint, inMount, name);
    return [{ version: 1, controllers: [controller], parent }];
  });
  if (v1.length === CONTROLLERS.length) return v1;
  if (v1.length > 0)
    throw new Error('memory, cpu and pids are not all controllers of the same version');
  const unified = mounts.find((mount) => mount.version === 2);
  if (unified === undefined) throw new Error('no cgroup file system is mounted');
  return [await findUnified(unified, { name, own: ownCgroup(self, '') })];
}

/**
 * With version 2, a cgroup that holds processes cannot hand controllers down, so machines cannot
 * lie below our own: root uses the root, others the part of the tree that systemd gave them.
 */
async function findUnified(
  mount: CgroupMount,
  options: { name: string; own: string },
): Promise<Hierarchy> {
  const delegated = /^(.*\/user@\d+\.service)(\/|$)/.exec(options.own)?.[1];
  const base = process.getuid?.() === 0 ? '/' : delegated;
  if (base === undefined) throw new Error('no part of the cgroup tree is delegated to this user');
  const available = await readFile(join(mount.mountPoint, base, 'cgroup.controllers'), 'utf8');
  const lacking = CONTROLLERS.filter((c) => !available.split(/\s+/).includes(c));
  if (lacking.length > 0) throw new Error(`controllers are missing: ${lacking.join(', ')}`);
  return {
    version: 2,
    controllers: CONTROLLERS,
    parent: join(mount.mountPoint, base, options.name),
  };
}
