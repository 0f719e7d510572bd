import { defineErrors } from '../../base/errors.ts';

export const egressPolicyErrors = defineErrors({
  egress_rule_not_found: { status: 404, remedy: 'Run "swarm egress show NAME" to see its rules.' },
  egress_rule_exists: { status: 409, remedy: 'Run "swarm egress show NAME" to see its rules.' },
  egress_rules_too_many: {
    status: 409,
    remedy: 'Remove live rules, or put them together in agent.yaml and deploy.',
  },
});
