import { defineErrors } from '../../base/errors.ts';

export const firecrackerErrors = defineErrors({
  firecracker_missing: {
    status: 500,
    remedy: 'Run "swarm doctor": it says where the two programs belong.',
  },
  firecracker_wrong_version: {
    status: 500,
    remedy: 'Put the programs of the pinned release there, or remove what is there.',
  },
  firecracker_download_failed: {
    status: 503,
    remedy: 'Check the way to the internet, or put the programs there by hand.',
  },
  firecracker_refused: {
    status: 500,
    remedy: 'The message is Firecracker’s own; "swarm doctor" checks the driver.',
  },
});
