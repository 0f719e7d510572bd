import { defineErrors } from '../../base/errors.ts';

export const networkErrors = defineErrors({
  network_not_permitted: {
    status: 500,
    remedy: 'Run swarmd as root, or use the network "user" with the qemu driver.',
  },
  network_addresses_taken: {
    status: 503,
    remedy:
      'Give swarmd a range of IPv4 addresses that nothing on this host routes, or remove unused machines.',
  },
  network_failed: {
    status: 500,
    remedy: 'Run "swarm doctor": it names the missing package or kernel module.',
  },
});
