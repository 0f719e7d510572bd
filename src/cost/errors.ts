import { defineErrors } from '../base/errors.ts';

export const costErrors = defineErrors({
  prices_invalid: {
    status: 400,
    remedy: 'Correct what the message names and import the file again: nothing was changed.',
  },
  prices_not_found: { status: 404, remedy: 'See what lists there are: swarm prices list.' },
  budget_not_found: { status: 404, remedy: 'See what budgets there are: swarm budgets list.' },
  agent_not_paused: { status: 409, remedy: 'Nothing to do: its calls pass, within its budgets.' },
  cost_time_invalid: {
    status: 400,
    remedy: 'Give a day such as 2026-01-31, or a duration back from now such as 7d.',
  },
});
