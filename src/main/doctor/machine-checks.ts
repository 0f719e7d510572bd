import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../base/command.ts';
import { silentLogger } from '../../base/logger.ts';
import {
  type BootAssets,
  ensureBootAssets,
  ensureFirecracker,
  FIRECRACKER_RELEASE,
  findFirecracker,
  firecrackerPaths,
  openCgroups,
} from '../../machines/machines.ts';
import { askKvm } from '../ask-kvm.ts';
import {
  type Check,
  type CheckContext,
  type Finding,
  probeScript,
  programVersion,
} from './check.ts';

const QEMU = 'qemu-system-x86_64';
const FIX = 'swarm doctor --fix';

export const machineChecks: readonly Check[] = [
  { name: 'qemu', needed: true, look: qemu },
  { name: 'kernel and guestd', needed: true, look: bootAssets },
  { name: 'kvm', needed: false, look: kvm },
  { name: 'firecracker', needed: false, look: firecracker },
  { name: 'driver', needed: true, look: driver },
  { name: 'cgroups', needed: false, look: cgroups },
  { name: 'network user', needed: true, look: networkUser },
  { name: 'network tap', needed: false, look: networkTap },
];

async function qemu(): Promise<Finding> {
  const version = await programVersion(QEMU, ['--version']);
  const { stdout } = await run(QEMU, ['-M', 'help'], { timeoutMs: 30_000 });
  if (/^microvm\b/m.test(stdout))
    return { state: 'ok', version, detail: 'has the machine type microvm' };
  return {
    state: 'broken',
    version,
    detail: 'lacks the machine type microvm',
    remedy: 'apt-get install --reinstall -y qemu-system-x86',
  };
}

/** Without `fix`, nothing is downloaded or compiled: there, or not there. */
async function bootAssets(context: CheckContext): Promise<Finding> {
  const assets = await findBootAssets(context);
  if (assets === undefined)
    return {
      state: 'missing',
      detail: 'not made yet; the first "swarm up" makes them',
      remedy: FIX,
    };
  return { state: 'ok', version: assets.kernelVersion, detail: assets.initramfsPath };
}

async function findBootAssets(context: CheckContext): Promise<BootAssets | undefined> {
  const { configuration, fix, signal, onProgress } = context;
  // Whatever would have to be made is told before it is begun: then, without --fix, it ends there.
  const stop = new AbortController();
  let wouldMake = false;
  try {
    return await ensureBootAssets({
      cacheDir: join(configuration.cacheDir, 'boot'),
      log: silentLogger,
      signal: AbortSignal.any([signal, stop.signal]),
      onProgress: (step) => {
        if (fix) return onProgress(step);
        wouldMake = true;
        stop.abort();
        throw stop.signal.reason;
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (wouldMake) return undefined;
    throw error;
  }
}

async function kvm(context: CheckContext): Promise<Finding> {
  const { configuration, fix, signal } = context;
  const device = await stat('/dev/kvm').catch(() => undefined);
  const assets = device === undefined ? undefined : await findBootAssets(context);
  if (device !== undefined && assets === undefined)
    return {
      state: 'unknown',
      detail: 'it is tried with a kernel, which is not made yet',
      remedy: FIX,
    };
  const probe = await askKvm({ configuration, assets, forget: fix, signal });
  if (probe.works) return { state: 'ok', detail: probe.reason };
  return {
    state: device === undefined ? 'missing' : 'broken',
    detail: `${probe.reason} Machines run under software emulation, more slowly.`,
    remedy: 'use a host with hardware virtualisation, or turn nested virtualisation on',
  };
}

async function firecracker({
  configuration,
  found,
  fix,
  signal,
  onProgress,
}: CheckContext): Promise<Finding> {
  const place = { cacheDir: configuration.cacheDir };
  const { version } = FIRECRACKER_RELEASE;
  if (found.get('kvm')?.state !== 'ok')
    return { state: 'unknown', version, detail: 'not used: it needs KVM' };
  const programs = fix
    ? await ensureFirecracker({ ...place, signal, onProgress })
    : await findFirecracker(place);
  if (programs !== undefined) return { state: 'ok', version, detail: programs.firecrackerPath };
  const paths = firecrackerPaths(place);
  return {
    state: 'missing',
    version,
    detail: 'not fetched yet',
    remedy: `${FIX}; without internet put the programs there: ${paths.firecrackerPath} and ${paths.jailerPath}`,
  };
}

/** Which one machines run with here, and why. */
async function driver({ found, configuration }: CheckContext): Promise<Finding> {
  if (configuration.driver !== 'auto')
    return { state: 'ok', detail: `${configuration.driver}: SWARM_DRIVER says so` };
  const hasKvm = found.get('kvm')?.state === 'ok';
  if (hasKvm && found.get('firecracker')?.state === 'ok')
    return { state: 'ok', detail: 'firecracker: KVM works, and its programs are there' };
  const qemuState = found.get('qemu');
  if (qemuState?.state !== 'ok')
    return {
      state: 'broken',
      detail: 'none: QEMU does not work',
      remedy: qemuState?.remedy ?? 'apt-get install -y --no-install-recommends qemu-system-x86',
    };
  const how = hasKvm ? 'KVM, without Firecracker' : 'software emulation, since KVM does not work';
  return { state: 'ok', detail: `qemu with ${how}` };
}

async function cgroups({ configuration }: CheckContext): Promise<Finding> {
  // A name of its own, so that it does not meet those of a running swarmd.
  const probe = await openCgroups({ machinesDir: join(configuration.home, 'doctor') });
  await probe.close();
  if (probe.missing === undefined)
    return { state: 'ok', detail: 'limit CPU, memory and processes of machines' };
  return {
    state: 'broken',
    detail: `${probe.missing}; machines run without limits on the host`,
    remedy: 'run swarmd as root, or in a systemd unit with Delegate=yes',
  };
}

async function networkUser({ found }: CheckContext): Promise<Finding> {
  const works = found.get('qemu')?.state === 'ok';
  if (works) return { state: 'ok', detail: "QEMU's own; needs no root" };
  return { state: 'broken', detail: 'QEMU does not work', remedy: 'see qemu' };
}

/** Made in a network namespace that is gone with the script. */
const TAP_PROBE = `unshare --net sh -ec '
ip tuntap add dev probe0 mode tap
ip link set probe0 up
nft add table inet probe
nft "add chain inet probe out { type filter hook output priority 0; }"'`;

async function networkTap({ signal }: CheckContext): Promise<Finding> {
  const { works, said } = await probeScript(TAP_PROBE, { signal });
  if (works) return { state: 'ok', detail: 'namespaces, TAP devices and nftables work' };
  return {
    state: 'broken',
    detail: said,
    remedy:
      'run swarmd as root on a kernel with tun and nf_tables; until then the network is "user"',
  };
}
