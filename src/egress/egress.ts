/** The way out of machines. The front file of the area. */
export type { ChangedBy as EgressChangedBy } from './policy/audited-changes.ts';
export { decide, type EgressDecision, type EgressRequest } from './policy/decide.ts';
export {
  type EgressPolicies,
  type LiveMode,
  type LiveRule,
  openEgressPolicies,
  type PolicyChange,
} from './policy/egress-policies.ts';
export { egressPolicyEvents } from './policy/events.ts';
