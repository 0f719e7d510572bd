import { join } from 'node:path';
import { type BootAssets, type KvmProbe, probeKvm } from '../machines/machines.ts';
import type { Configuration } from './configuration.ts';

/**
 * Whether KVM runs guests on this host; tried once by booting one, and remembered. Without
 * `assets` only for hosts that have no /dev/kvm.
 */
export function askKvm(options: {
  configuration: Configuration;
  assets: BootAssets | undefined;
  forget?: boolean;
  signal: AbortSignal;
}): Promise<KvmProbe> {
  const { configuration, assets, signal } = options;
  return probeKvm({
    kernelPath: assets?.kernelPath ?? '',
    initramfsPath: assets?.initramfsPath ?? '',
    assetsDigest: assets?.digest ?? '',
    rememberPath: join(configuration.cacheDir, 'boot', 'kvm.json'),
    forget: options.forget === true,
    signal,
  });
}
