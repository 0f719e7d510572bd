/** What the log is told of one call: its intent before a byte leaves, its end once. */
import type { IncomingMessage } from 'node:http';
import { SwarmError } from '../../base/errors.ts';
import { BodyCapture } from '../../contracts/body-capture.ts';
import type { CallCost, EgressCaller, MeteredUsage } from '../../contracts/egress.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { traceContextOf } from '../../contracts/trace-context.ts';
import type { EventDraft, EventOutcome, OpenEvent, PayloadPolicy } from '../../contracts/trail.ts';
import type { MeteredCall } from '../metering/metering.ts';
import { callerFacts } from './caller-facts.ts';
import type { ProxyContext } from './proxy-context.ts';

/** How the call ended, for the log. */
export interface CallEnd {
  readonly status: 'ok' | 'error' | 'refused';
  readonly error?: { readonly code: string; readonly message: string };
}

/** A log whose disk hangs is one that cannot be written. */
const INTENT_TIMEOUT_MS = 10_000;
const MAX_PATH = 2_000;
const MAX_MESSAGE = 2_000;

type Attributes = NonNullable<EventDraft['attributes']>;

export class CallTrail {
  readonly sent: BodyCapture;
  readonly answered: BodyCapture;
  /** Of a connection that left HTTP: its bodies are not kept. */
  bytes: { in: number; out: number } | undefined;
  statusCode: number | undefined;
  metered: MeteredCall | undefined;
  usage: MeteredUsage | undefined;
  cost: { readonly cost?: CallCost; readonly unpriced?: true } | undefined;
  /** Of the answer as it was captured. */
  answerType: string | undefined;
  answerEncoding: string | undefined;
  /** The run whose budget the call counts against. */
  readonly budgetRun: string | undefined;
  readonly #context: ProxyContext;
  readonly #caller: EgressCaller;
  readonly #kind: EventKind;
  readonly #policy: PayloadPolicy;
  readonly #facts: Pick<EventDraft, 'run' | 'span' | 'parent'>;
  readonly #attributes: Attributes = {};
  readonly #kept = new Set<string>();
  readonly #request: IncomingMessage | undefined;
  readonly #fromNs = process.hrtime.bigint();
  #firstByteNs: number | undefined;
  #open: OpenEvent | undefined;
  #ended = false;

  constructor(
    context: ProxyContext,
    by: {
      readonly caller: EgressCaller;
      readonly kind: EventKind;
      readonly request: IncomingMessage | undefined;
    },
  ) {
    this.#context = context;
    this.#caller = by.caller;
    this.#kind = by.kind;
    this.#request = by.request;
    this.#policy = context.callers.payloadPolicy(by.caller);
    this.sent = new BodyCapture(this.#policy);
    this.answered = new BodyCapture(this.#policy);
    const trace = traceContextOf(by.request?.headers ?? {});
    const given = trace.parent === undefined ? undefined : { run: trace.run, parent: trace.parent };
    const run = context.callers.run(by.caller, given);
    this.budgetRun = run?.budgetRun;
    this.#facts = {
      span: trace.span,
      ...(run !== undefined && { run: run.run }),
      ...(run?.parent !== undefined && { parent: run.parent }),
    };
    if (run !== undefined) this.say({ certain: run.certain });
  }

  /** Adds attributes; texts of the guest are cut. */
  say(attributes: Attributes & { readonly path?: string }): void {
    Object.assign(this.#attributes, attributes);
    const { path } = attributes;
    if (path === undefined) return;
    const query = path.indexOf('?');
    const bare = query === -1 ? path : path.slice(0, query);
    Object.assign(this.#attributes, { path: bare.slice(0, MAX_PATH) });
  }

  /** Placeholders that went out as text: where, or why. */
  keptPlaceholders(where: readonly string[]): void {
    if (where.length === 0) return;
    for (const one of where) this.#kept.add(one);
    this.say({ placeholdersKept: [...this.#kept] });
  }

  /** Durable when it resolves. @throws audit_unavailable */
  async begin(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`nothing was written in ${INTENT_TIMEOUT_MS} ms`)),
        INTENT_TIMEOUT_MS,
      );
    });
    const begun = this.#context.trailOf(this.#caller.workspaceId).begin(this.#draft());
    try {
      this.#open = await Promise.race([begun, late]);
    } catch (error) {
      this.#ended = true;
      // An intent that is written after all has to end, too.
      begun.then(
        (open) => open.complete(this.#outcome({ status: 'refused', error: UNAVAILABLE })),
        () => undefined,
      );
      throw auditUnavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  answerBegun(status: number): void {
    this.statusCode = status;
    this.#firstByteNs ??= this.#elapsedNs();
  }

  /** The first end counts. A call that was not begun is one event; a refused one of a flood, none. */
  end(how: CallEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const outcome = this.#outcome(how);
    if (this.#open !== undefined) void this.#open.complete(outcome);
    else this.#context.refusals.note(this.#caller, { ...this.#draft(), ...outcome });
  }

  #draft(): EventDraft {
    const { metered } = this;
    return {
      kind: this.#kind,
      ...callerFacts(this.#caller),
      ...this.#facts,
      ...(metered !== undefined && this.#meteredFacts(metered)),
      attributes: { ...this.#attributes },
    };
  }

  #meteredFacts({ request }: MeteredCall): Pick<EventDraft, 'provider' | 'model' | 'tool'> {
    const model = this.usage?.model ?? request.model;
    return {
      provider: request.provider.slice(0, 100),
      ...(model !== undefined && model !== '' && { model: model.slice(0, 200) }),
      ...(request.tool !== undefined &&
        request.tool !== '' && { tool: request.tool.slice(0, 200) }),
    };
  }

  #outcome({ status, error }: CallEnd): EventOutcome {
    const { metered, usage, cost } = this;
    return {
      status,
      durationNs: this.#elapsedNs(),
      ...(error && { error: { code: error.code, message: error.message.slice(0, MAX_MESSAGE) } }),
      ...(metered !== undefined && this.#meteredFacts(metered)),
      ...(usage?.tokens !== undefined && { tokens: usage.tokens }),
      ...(cost?.cost !== undefined && { cost: cost.cost }),
      bytes: this.bytes ?? { in: this.sent.totalBytes, out: this.answered.totalBytes },
      attributes: {
        ...this.#attributes,
        ...(this.statusCode !== undefined && { statusCode: this.statusCode }),
        ...(this.#firstByteNs !== undefined && { firstByteNs: this.#firstByteNs }),
        ...(cost?.unpriced && { unpriced: true }),
        ...(usage?.missing && { usageMissing: true }),
      },
      ...this.#captured(),
    };
  }

  #captured(): Pick<EventOutcome, 'captured'> {
    if (this.bytes !== undefined || this.#request === undefined) return {};
    const { headers } = this.#request;
    const request = this.sent.take({
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
    });
    const response = this.answered.take({
      contentType: this.answerType,
      contentEncoding: this.answerEncoding,
    });
    if (request === undefined && response === undefined) return {};
    return {
      captured: {
        policy: this.#policy,
        ...(request && { request }),
        ...(response && { response }),
      },
    };
  }

  #elapsedNs(): number {
    return Number(process.hrtime.bigint() - this.#fromNs);
  }
}

const UNAVAILABLE = {
  code: 'audit_unavailable',
  message: 'The audit log took too long; the call was not made.',
};

/** The trail's own word for it; anything else that it may throw means the same to the caller. */
function auditUnavailable(error: unknown): SwarmError {
  if (error instanceof SwarmError && error.status >= 500) return error;
  return new SwarmError(
    'audit_unavailable',
    { status: 503, remedy: '"swarm audit status" says why. Nothing was sent.' },
    'The call cannot be written to the audit log, so it was not made.',
    { cause: error },
  );
}
