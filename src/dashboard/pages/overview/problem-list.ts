import type { EventResource } from '../../../contracts/event.ts';
import { nameOf, whatText } from '../calls/call-row.ts';

export interface Problem {
  readonly event: EventResource;
  /** A call as it was made; the kind of anything else. */
  readonly what: string;
  /** `egress_denied`; the state where nobody gave a code. */
  readonly code: string;
  /** Why, in words: what the error says, or what was noted. */
  readonly reason: string | undefined;
  /** The rule that it was judged by. */
  readonly rule: string | undefined;
}
export type ProblemFilter = 'all' | 'failed' | 'refused';

const IS_CALL = /^(gateway|egress)\.(call|upgrade|connection)$/;

interface Given {
  readonly failures: readonly EventResource[];
  readonly refusals: readonly EventResource[];
}

/** What failed and what was refused, newest end first, each once. */
export function problems({ failures, refusals }: Given, filter: ProblemFilter): Problem[] {
  const events = new Map<string, EventResource>();
  for (const event of [
    ...(filter === 'refused' ? [] : failures),
    ...(filter === 'failed' ? [] : refusals),
  ])
    events.set(event.id, event);
  return [...events.values()].sort((a, b) => endOf(b) - endOf(a)).map(problem);
}

function problem(event: EventResource): Problem {
  const { reason, rule, statusCode, count } = event.attributes ?? {};
  const told = [event.error?.message, reason].find((text) => typeof text === 'string');
  return {
    event,
    what: IS_CALL.test(event.kind) ? callText(event) : event.kind,
    code:
      event.error?.code ?? (typeof statusCode === 'number' ? `status ${statusCode}` : event.status),
    reason: typeof count === 'number' ? `${count} calls, counted` : (told as string | undefined),
    rule: typeof rule === 'string' ? rule : undefined,
  };
}

/** Without the code of its error, which stands below it. */
function callText({ error: _, ...event }: EventResource): string {
  return [nameOf(event), whatText(event)].filter((part) => part !== undefined).join(' · ');
}

function endOf({ seq, completedSeq }: EventResource): number {
  return completedSeq ?? seq;
}
