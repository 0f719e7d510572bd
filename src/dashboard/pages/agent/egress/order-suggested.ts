import type { EgressSuggestion } from '../../../../contracts/egress-requests.ts';

type Suggested = EgressSuggestion['rules'][number];

/** What was refused most often first: that is what somebody looks for. The rest as it came. */
export function orderSuggested(rules: readonly Suggested[]): readonly Suggested[] {
  return rules.toSorted((a, b) => b.refused - a.refused);
}
