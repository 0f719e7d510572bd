/**
 * Beside its vCPUs a VMM has threads of its own for disk, network and console, and its cgroup
 * counts them too. Without room for them a guest that computes with all its vCPUs is throttled for
 * what its VMM did, most of all while it boots under emulation.
 */
const VMM_HEADROOM_CPUS = 0.25;

/**
 * CPUs' worth of time for a machine's whole VMM. Where `cpus` is a whole number its vCPUs keep the
 * guest to it, and the headroom is the VMM's alone. A fraction is kept by this limit only: there the
 * guest would get the headroom, so there is none.
 */
export function cpuLimitOf(cpus: number): number {
  return Number.isInteger(cpus) ? cpus + VMM_HEADROOM_CPUS : cpus;
}
