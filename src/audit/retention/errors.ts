import { defineErrors } from '../../base/errors.ts';

export const retentionErrors = defineErrors({
  audit_retention_not_found: {
    status: 404,
    remedy: 'Run "swarm audit retention" to see what is set.',
  },
  audit_hold_not_found: { status: 404, remedy: 'Run "swarm audit hold" to see the holds.' },
  audit_hold_exists: {
    status: 409,
    remedy: 'Give the hold another name, or release the one that has it first.',
  },
});
