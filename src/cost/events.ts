import { defineEvents } from '../contracts/event-kinds.ts';

const change = {
  before: 'How it stood before; null: there was none.',
  after: 'How it stands from now on; null: there is none.',
};

export const costEvents = defineEvents({
  'budget.set': { summary: 'A budget was set or changed.', attributes: change },
  'budget.deleted': { summary: 'A budget was deleted.', attributes: change },
  'budget.threshold': {
    summary: 'So much of a budget is spent; once for each threshold and period.',
    attributes: {
      budget: 'Its name.',
      period: 'The day, month or run.',
      threshold: 'Percent that is reached.',
      spent: 'In the unit of the limit.',
      limit: 'Dollars, or tokens.',
      unit: 'USD or tokens.',
    },
  },
  'budget.exhausted': {
    summary: 'A call was refused for the first time in a period: what is left may not be enough.',
    attributes: {
      budget: 'Its name.',
      period: 'The day, month or run.',
      spent: 'In the unit of the limit.',
      reserved: 'Held for calls under way.',
      needed: 'The most that the refused call may cost.',
      limit: 'Dollars, or tokens.',
      unit: 'USD or tokens.',
    },
  },
  'prices.imported': {
    summary: 'A price list was imported, or replaced.',
    attributes: { ...change, skipped: 'Entries not priced by tokens.' },
  },
  'prices.removed': { summary: 'A price list was removed.', attributes: change },
  'agent.paused': {
    summary: 'An agent was paused: none of its calls out pass.',
    attributes: { reason: 'Why, as it was given.' },
  },
  'agent.resumed': { summary: 'A paused agent may call out again.' },
  'cost.machine_time': {
    summary: 'The time that machines of an agent ran, priced.',
    attributes: {
      machines: 'Which, and from when to when: [[id, milliseconds, milliseconds], …].',
      vcpuSeconds: 'Decimal text.',
      gibSeconds: 'Decimal text.',
    },
  },
  'cost.ledger_opened': {
    summary: 'swarmd began to add up costs: all that was spent before stands before this event.',
  },
});
