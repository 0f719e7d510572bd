import { defineErrors } from '../base/errors.ts';

export const secretErrors = defineErrors({
  secret_not_found: {
    status: 404,
    remedy: 'See "swarm secrets list"; make it with "swarm secrets set NAME".',
  },
  secret_exists: {
    status: 409,
    remedy: 'Give it a new value with "swarm secrets rotate NAME".',
  },
  secret_in_use: {
    status: 409,
    remedy:
      'Deploy the agents without it first, or add --force: machines that start later will fail.',
  },
  secret_value_invalid: { status: 400, remedy: 'Change what the message names and send it again.' },
  secret_damaged: {
    status: 500,
    remedy:
      'Give it a new value with "swarm secrets rotate NAME", or restore swarm.db from a backup.',
  },
  root_key_missing: {
    status: 500,
    remedy:
      'Restore the file from your copy, mode 0600, and start swarmd again. docs/guides/secrets.md says what to do when there is no copy.',
  },
  root_key_unreadable: {
    status: 500,
    remedy:
      'See to it that swarmd’s user may read it, or restore it from your copy, mode 0600, and start swarmd again.',
  },
  root_key_too_open: {
    status: 500,
    remedy:
      'Run "chmod 600" on it and start swarmd again. If others may have read it, run "swarm secrets rekey" and rotate the secrets.',
  },
  root_key_wrong: {
    status: 500,
    remedy:
      'Put the root key that belongs to this database in its place: copies of swarm.db and root.key are restored together.',
  },
  root_key_unwritable: {
    status: 500,
    remedy: 'Check the folder, its permissions, and the room on the disk.',
  },
  workspace_key_damaged: {
    status: 500,
    remedy: 'Stop swarmd, keep a copy of swarm.db, and restore it from a backup.',
  },
});
