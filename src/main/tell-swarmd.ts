/** What swarmd tells the audit log of itself, and shows of the log. */
import type { Audit } from '../audit/audit.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import { problemText } from '../contracts/audit-problem-text.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { SystemResource } from '../contracts/resources.ts';
import type { Trail } from '../contracts/trail.ts';
import { mainEvents } from './events.ts';
import type { StartProgress } from './start-progress.ts';
import { packageVersion } from './version.ts';

const actor = serviceEventActor('swarmd');

export function tellStarted(audit: Audit, { url }: { url: string }): void {
  audit.trail(DEFAULT_WORKSPACE).note({
    kind: mainEvents['swarmd.started'],
    actor,
    attributes: { version: packageVersion, pid: process.pid, url },
  });
}

export function tellStopped(audit: Audit, how: { machines: boolean }): void {
  audit.trail(DEFAULT_WORKSPACE).note({
    kind: mainEvents['swarmd.stopped'],
    actor,
    attributes: how,
  });
}

/** A log that cannot be written tells of that itself, when it can be again. */
export function tellPartFailed(
  trail: Trail | undefined,
  { part, message }: { part: string; message: string },
): void {
  if (part === 'audit') return;
  trail?.note({
    kind: mainEvents['swarmd.part_failed'],
    actor,
    status: 'error',
    error: { code: 'part_failed', message: message.slice(0, 500) },
    attributes: { part },
  });
}

/** Keeps the part `audit` of readiness as the log is. */
export function showAuditState(audit: Audit, progress: StartProgress): void {
  const show = () => {
    const state = audit.state();
    if (state.available) progress.ready('audit');
    else progress.failed('audit', new Error(state.reason));
  };
  show();
  audit.onStateChange(show);
}

export function auditState(audit: Audit): SystemResource['audit'] {
  const state = audit.state();
  const last = audit.verifications(DEFAULT_WORKSPACE).last();
  return {
    available: state.available,
    reason: state.available ? null : state.reason,
    problem: last?.problem ? problemText(last.problem) : null,
  };
}
