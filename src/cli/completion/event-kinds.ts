/**
 * Every kind of event that Swarm itself emits, for completion and for near misses. Made from their
 * declarations, which the CLI does not see: UPDATE_GOLDEN=1 node --test tests/golden/events.test.ts
 */
export const EVENT_KINDS: readonly string[] = [];
