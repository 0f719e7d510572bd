/** Errors of the log itself; the parts of this area declare their own beside their source. */
import { defineErrors } from '../base/errors.ts';

export const auditErrors = defineErrors({
  audit_unavailable: {
    status: 503,
    remedy:
      'Nothing was written. Free disk space and check the disk; swarmd tries again every second.',
  },
  audit_log_damaged: {
    status: 503,
    remedy:
      'Keep a copy of the audit folder, run "swarm audit verify" to see what is wrong, put the file back from a backup, and start swarmd again.',
  },
  audit_key_invalid: {
    status: 500,
    remedy: 'Put the key file back from a backup; a log goes on only under the key it began with.',
  },
  audit_folder_locked: {
    status: 409,
    remedy: 'Stop the other process that has this audit folder open.',
  },
  audit_folder_unusable: {
    status: 500,
    remedy: 'Make the folder writable for the user that swarmd runs as.',
  },
  audit_entry_too_large: {
    status: 413,
    remedy: 'Send smaller attributes: an entry holds at most 64 KiB, without its payload.',
  },
  audit_event_invalid: {
    status: 400,
    remedy: 'Send JSON values only, at most 64 levels deep.',
  },
  audit_erasure_invalid: {
    status: 400,
    remedy: 'Name entries that the log has.',
  },
  audit_workspace_invalid: {
    status: 400,
    remedy: 'Use letters, digits, - and _ in the id of a workspace.',
  },
  audit_proof_unavailable: {
    status: 409,
    remedy: 'Ask for an entry and a size that the published checkpoint covers.',
  },
});
