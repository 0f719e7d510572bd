export interface KernelCommandLineOptions {
  readonly driver: 'qemu' | 'firecracker';
  /** `tcg` is QEMU's software emulation. */
  readonly acceleration: 'kvm' | 'tcg';
  /** Frequency of the host's time stamp counter, as `readHostTscKhz` gives it. */
  readonly hostTscKhz?: number | undefined;
}

/** When the host does not tell; the guest's clock then runs at the wrong speed, but it boots. */
const ASSUMED_TSC_KHZ = 2_500_000;
/** CONFIG_HZ of Debian's kernels for virtual machines. */
const KERNEL_HZ = 250;

/** What the kernel of a machine is told; docs/decisions/0002-qemu-arguments.md has the measurements. */
export function kernelCommandLine(options: KernelCommandLineOptions): string {
  const words = ['console=ttyS0', 'quiet', 'panic=-1', 'random.trust_cpu=on'];
  // A restart is what ends a machine: by triple fault for QEMU's -no-reboot, by the keyboard
  // controller for Firecracker.
  words.push(options.driver === 'firecracker' ? 'reboot=k' : 'reboot=t');
  // Neither machine type has a keyboard, a mouse or a PCI bus to look for.
  words.push('i8042.noaux', 'i8042.nomux', 'i8042.dumbkbd', 'pci=off');
  // The kernel's ciphers need no test at each boot: a sixth of the time under emulation.
  words.push('cryptomgr.notests');
  if (options.acceleration === 'tcg') {
    const khz = options.hostTscKhz ?? ASSUMED_TSC_KHZ;
    // Emulated timers are too coarse to calibrate against: without these some boots hang.
    words.push(`tsc_early_khz=${khz}`, `lpj=${Math.round((khz * 1000) / KERNEL_HZ)}`);
    // Emulated CPUs do not speculate.
    words.push('mitigations=off');
  }
  return words.join(' ');
}
