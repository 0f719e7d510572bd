import { defineEvents } from '../../contracts/event-kinds.ts';

const rule = {
  rule: 'The rule in its long form.',
  text: 'The rule in one line, as refusals and calls name it.',
};

export const egressPolicyEvents = defineEvents({
  'egress.rule_added': {
    summary: 'A rule was added live to what an agent may reach.',
    attributes: { ...rule, id: 'Of the rule.' },
  },
  'egress.rule_removed': {
    summary: 'A rule that was added live was removed.',
    attributes: { ...rule, id: 'Of the rule.' },
  },
  'egress.checked': {
    summary: 'Somebody asked whether a call would be let through.',
    attributes: { host: 'The host that was asked about.' },
  },
  'egress.mode_set': {
    summary: "The mode of an agent's egress policy was set live, or given back to its revision.",
    attributes: {
      before: 'enforce or audit; null: that of the revision.',
      after: 'enforce or audit; null: that of the revision.',
    },
  },
});
