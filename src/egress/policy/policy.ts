/** What may leave a machine, as the rest of Swarm sees it: part of the area's front file. */
export type { ChangedBy as EgressChangedBy } from './audited-changes.ts';
export { decide, type EgressDecision, type EgressRequest } from './decide.ts';
export { type EgressPolicies, openEgressPolicies } from './egress-policies.ts';
export { egressPolicyEvents } from './events.ts';
export type { LiveRule } from './live-changes.ts';
export type { EgressAgent, LiveMode, PolicyChange } from './live-states.ts';
export { createHostResolver, type HostResolver, type Resolution } from './resolve-host.ts';
export { ruleText } from './rule-text.ts';
export { type EgressObservation, type SuggestedPolicy, suggestPolicy } from './suggest-policy.ts';
