import type { QueryClient } from '@tanstack/react-query';
import type { EventResource } from '../../contracts/event.ts';

/** First part of a query’s key ← the kinds of events after which its answer is old. */
const OLD_AFTER: Readonly<Record<string, RegExp>> = {
  deployments: /^deployment\./,
  revisions: /^(deployment|agent)\./,
  machines: /^(machine|agent|replica)\./,
  egress: /^egress\.(rule|mode|policy)/,
  costs: /^(cost|prices)\./,
  pauses: /^(agent\.paused|agent\.resumed|cost\.)/,
  budgets: /^(budget\.|cost\.)/,
  prices: /^prices\./,
  secrets: /^(secret|deployment)\./,
  tokens: /^token\./,
  sessions: /^session\./,
  audit: /^audit\.verif/,
  system: /^audit\.verif/,
  retention: /^audit\.(retention|hold|erased)/,
  'admin-events': /^(audit|token|session|secret|sign_in)\./,
};

/** Asks anew for what an event made old. */
export function invalidateBy(queries: QueryClient, told: EventResource | 'reset'): void {
  if (told === 'reset') {
    void queries.invalidateQueries();
    return;
  }
  for (const [key, kinds] of Object.entries(OLD_AFTER))
    if (kinds.test(told.kind)) void queries.invalidateQueries({ queryKey: [key] });
}
