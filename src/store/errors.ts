import { defineErrors } from '../base/errors.ts';

export const storeErrors = defineErrors({
  store_unavailable: {
    status: 500,
    remedy: 'Check that the data folder exists and that this user may write to it.',
  },
  store_newer: {
    status: 500,
    remedy: 'Start the version of Swarm that last used this data folder, or a newer one.',
  },
  store_corrupt: {
    status: 500,
    remedy: 'Stop swarmd, keep a copy of the database file, and restore it from a backup.',
  },
  store_full: { status: 507, remedy: 'Free space on the disk that holds the data folder.' },
});
