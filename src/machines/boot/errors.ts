import { defineErrors } from '../../base/errors.ts';

export const bootErrors = defineErrors({
  boot_kernel_unavailable: {
    status: 503,
    remedy: 'Run "apt-get update" as root and see that the package mirror can be reached.',
  },
  boot_kernel_unusable: {
    status: 500,
    remedy: 'Remove the kernel-* folders of the boot cache, so that the kernel is fetched again.',
  },
  boot_guestd_failed: {
    status: 500,
    remedy: 'Run "go build ." in guest/ to see the whole output.',
  },
  boot_go_missing: { status: 503, remedy: 'Run "apt-get install golang-go" as root.' },
});
