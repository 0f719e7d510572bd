/** What machines boot: the kernel, guestd in its initramfs, and the kernel's command line. */
export { type BootAssets, type BootAssetsOptions, ensureBootAssets } from './boot-assets.ts';
export { buildGuestd } from './guestd-build.ts';
export { readHostTscKhz } from './host-tsc.ts';
export { type KernelCommandLineOptions, kernelCommandLine } from './kernel-command-line.ts';
