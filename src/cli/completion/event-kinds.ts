/**
 * Every kind of event that Swarm itself emits, for completion and for near misses. Made from their
 * declarations, which the CLI does not see: UPDATE_GOLDEN=1 node --test tests/golden/events.test.ts
 */
export const EVENT_KINDS: readonly string[] = [
  'agent.delete',
  'agent.restart',
  'agent.rollback',
  'agent.scale',
  'api.read_refused',
  'api.refusals_counted',
  'audit.erased',
  'audit.export',
  'audit.hold_placed',
  'audit.hold_released',
  'audit.notes_lost',
  'audit.prove',
  'audit.reindex',
  'audit.retention_set',
  'deployment.cancel',
  'deployment.create',
  'event.ingest',
  'event.read',
  'exec.run',
  'machine.kill',
  'otel.span',
  'program.event',
  'system.stop',
  'token.create',
  'token.delete',
  'upload.create',
];
