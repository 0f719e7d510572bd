/**
 * What the log is told of one call: its intent before any agent sees it, its end once, whatever
 * the end is. Without a trail it only carries the trace on.
 */
import type { IncomingMessage } from 'node:http';
import { SwarmError } from '../base/errors.ts';
import { BodyCapture } from '../contracts/body-capture.ts';
import type { EventActor } from '../contracts/event.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import type { Route } from '../contracts/route.ts';
import { type TraceContext, traceContextOf } from '../contracts/trace-context.ts';
import type {
  EventDraft,
  EventOutcome,
  OpenEvent,
  PayloadPolicy,
  Trail,
} from '../contracts/trail.ts';
import type { MachineCalls } from './machine-calls.ts';

export interface AuditedCall {
  readonly kind: EventKind;
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly agentName: string;
  /** As the agent sees it, with its query. */
  readonly path: string;
  readonly caller: EventActor;
  readonly route: Route | undefined;
}

/** How the call ended, for the log. */
export interface CallEnd {
  readonly status: 'ok' | 'error' | 'refused';
  readonly error?: { readonly code: string; readonly message: string };
}

/** A log whose disk hangs is one that cannot be written. */
const INTENT_TIMEOUT_MS = 10_000;
/** A refusal is answered after this also when the log has not taken it yet. */
const REFUSAL_WAIT_MS = 2_000;
const MAX_PATH = 2_000;
const MAX_MESSAGE = 2_000;

export class CallAudit {
  readonly trace: TraceContext;
  /** Bodies as they pass; of a call only. */
  readonly sent: BodyCapture;
  readonly answered: BodyCapture;
  /** Bytes of the caller and of the agent where they are not counted above: upgraded connections. */
  bytes: { in: number; out: number } | undefined;
  statusCode: number | undefined;
  machine: MachineCalls | undefined;
  attempts = 0;
  readonly #trail: Trail | undefined;
  readonly #call: AuditedCall;
  readonly #policy: PayloadPolicy | undefined;
  readonly #fromNs = process.hrtime.bigint();
  #firstByteNs: number | undefined;
  #answerType: string | undefined;
  #answerEncoding: string | undefined;
  #begun: Promise<OpenEvent> | undefined;
  #ended = false;

  constructor(trail: Trail | undefined, call: AuditedCall) {
    this.#trail = trail;
    this.#call = call;
    this.trace = traceContextOf(call.request.headers);
    this.#policy = trail === undefined ? undefined : call.route?.payloads;
    this.sent = new BodyCapture(this.#policy);
    this.answered = new BodyCapture(this.#policy);
  }

  /** Whether bodies have to be followed. */
  get captures(): boolean {
    return this.#trail !== undefined;
  }

  /** Says exactly once, later: it is durable, or it cannot be written and the call must not be. */
  begin(then: { durable(): void; refused(error: SwarmError): void }): void {
    if (this.#trail === undefined) {
      then.durable();
      return;
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      then.refused(auditUnavailable(new Error(`nothing was written in ${INTENT_TIMEOUT_MS} ms`)));
    }, INTENT_TIMEOUT_MS);
    this.#begun = this.#trail.begin(this.#draft());
    this.#begun.then(
      () => {
        clearTimeout(timer);
        if (!late) then.durable();
      },
      (error: unknown) => {
        clearTimeout(timer);
        if (!late) then.refused(auditUnavailable(error));
      },
    );
  }

  /** The first byte of the agent's answer is here. */
  answerBegun(
    status: number,
    headers?: { readonly type?: string; readonly encoding?: string },
  ): void {
    this.statusCode = status;
    this.#firstByteNs ??= this.#elapsedNs();
    this.#answerType = headers?.type;
    this.#answerEncoding = headers?.encoding;
  }

  /** The first end counts. Resolves when a call that never was begun is written down, or cannot be. */
  async end(how: CallEnd): Promise<void> {
    if (this.#ended || this.#trail === undefined) return;
    this.#ended = true;
    const outcome = this.#outcome(how);
    if (this.#begun !== undefined) {
      const open = await this.#begun.catch(() => undefined);
      await open?.complete(outcome);
      return;
    }
    const draft = { ...this.#draft(), ...outcome };
    // A log that cannot be written now still learns of it: nothing was done that it must forbid.
    await this.#trail.record(draft).catch(() => this.#trail?.note(draft));
  }

  /** As `end`, for a call that no agent saw; waits a moment for the log if it knew nothing of it. */
  async refuse(error: SwarmError): Promise<void> {
    this.statusCode = error.status;
    const ended = this.end({ status: 'refused', error });
    // One that has waited for a slot is in the log already, as an intent.
    if (this.#begun !== undefined || this.#trail === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REFUSAL_WAIT_MS);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }

  #draft(): EventDraft {
    const { kind, caller, agentName, route, requestId } = this.#call;
    return {
      ...{ kind, actor: caller, agent: agentName },
      ...(route !== undefined && { revision: route.revision }),
      ...{ run: this.trace.run, span: this.trace.span, request: requestId },
      ...(this.trace.parent !== undefined && { parent: this.trace.parent }),
      attributes: this.#target(),
    };
  }

  #outcome({ status, error }: CallEnd): EventOutcome {
    const { machine } = this;
    return {
      status,
      durationNs: this.#elapsedNs(),
      ...(error && { error: { code: error.code, message: error.message.slice(0, MAX_MESSAGE) } }),
      ...(machine && { machine: machine.machineId, replica: machine.replica }),
      bytes: this.bytes ?? { in: this.sent.totalBytes, out: this.answered.totalBytes },
      attributes: {
        ...this.#target(),
        ...(this.statusCode !== undefined && { statusCode: this.statusCode }),
        ...(this.#firstByteNs !== undefined && { firstByteNs: this.#firstByteNs }),
        ...(this.attempts > 0 && { attempts: this.attempts }),
      },
      ...this.#captured(),
    };
  }

  #captured(): Pick<EventOutcome, 'captured'> {
    const policy = this.#policy;
    if (policy === undefined || this.bytes !== undefined) return {};
    const { headers } = this.#call.request;
    const request = this.sent.take({
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
    });
    const response = this.answered.take({
      contentType: this.#answerType,
      contentEncoding: this.#answerEncoding,
    });
    return { captured: { policy, ...(request && { request }), ...(response && { response }) } };
  }

  /** Search shows a merged event's attributes from its end, so both have these. */
  #target(): { method: string; path: string } {
    const { request, path } = this.#call;
    const query = path.indexOf('?');
    const bare = query === -1 ? path : path.slice(0, query);
    return { method: request.method ?? 'GET', path: bare.slice(0, MAX_PATH) };
  }

  #elapsedNs(): number {
    return Number(process.hrtime.bigint() - this.#fromNs);
  }
}

/** The trail's own word for it; anything else that it may throw means the same to the caller. */
function auditUnavailable(error: unknown): SwarmError {
  if (error instanceof SwarmError && error.status >= 500) return error;
  return new SwarmError(
    'audit_unavailable',
    { status: 503, remedy: '"swarm audit status" says why. No replica saw the call.' },
    'The call cannot be written to the audit log, so it was not made.',
    { cause: error },
  );
}
