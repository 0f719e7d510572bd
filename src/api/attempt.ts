/**
 * One request to an endpoint, as the audit log sees it: an intent that is durable before anything
 * is done and a completion after, or one event where it was refused before that.
 */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../access/access.ts';
import { SwarmError } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { EventError } from '../contracts/event.ts';
import { anonymousEventActor, callerEventActor } from '../contracts/event-actor.ts';
import type { EventDraft, EventOutcome, OpenEvent } from '../contracts/trail.ts';
import type { ApiParts } from './api-parts.ts';
import type { Asked, Endpoint, Told } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { apiEvents } from './events.ts';

export interface AttemptOptions {
  readonly endpoint: Pick<Endpoint, 'audit' | 'method' | 'permission'>;
  readonly request: IncomingMessage & { readonly originalUrl?: string };
  readonly requestId: string;
  readonly parts: Pick<ApiParts, 'audit' | 'refusals'>;
}

/** An answer waits so long for the end of its event to be durable; then it is written later. */
const COMPLETION_WAIT_MS = 2_000;
const MAX_PATH = 300;

export class Attempt {
  readonly #options: AttemptOptions;
  #caller: Caller | undefined;
  #told: Told = {};
  #open: OpenEvent | undefined;
  #over = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  set caller(caller: Caller | undefined) {
    this.#caller = caller;
  }

  /** What a request says of itself that is refused before it is read. */
  params(params: unknown): void {
    if (params !== undefined) this.asked({ params } as Asked<never, never, never>);
  }

  /** Takes what the declaration says of a request from its parts. */
  asked(asked: Asked<never, never, never>): void {
    const { audit } = this.#options.endpoint;
    if (audit?.facts !== undefined) this.tell(audit.facts(asked));
  }

  tell({ attributes, ...facts }: Told): void {
    const joined = { ...this.#told.attributes, ...attributes };
    this.#told = { ...this.#told, ...facts, attributes: joined };
  }

  /** @throws audit_unavailable: then nothing may be done */
  async begin(): Promise<void> {
    if (this.#options.endpoint.audit?.record !== 'action') return;
    this.#open = await this.#trail().begin(this.#draft());
  }

  /** It was done before, and is not done again. */
  forget(): void {
    this.#over = true;
  }

  /** It was done, or the error says why not; the first word on it counts. */
  async ended(error?: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const { audit } = this.#options.endpoint;
    const outcome = outcomeOf(error);
    if (this.#open !== undefined) {
      const { before, after, attributes, ...facts } = this.#told;
      const written = this.#open.complete({
        ...facts,
        ...attributesOf({ ...attributes, ...this.#request(), before, after }),
        ...outcome,
      });
      await Promise.race([written, sleep(COMPLETION_WAIT_MS, undefined, { ref: false })]);
    } else if (error !== undefined) this.#refused(outcome);
    else if (audit?.record === 'read') this.#trail().note({ ...this.#draft(), ...outcome });
  }

  /** Nothing was begun: it is told later, and a flood of them as one number. */
  #refused(outcome: Refusal): void {
    const { parts, endpoint } = this.#options;
    const { audit } = endpoint;
    const unauthorised = outcome.error?.code !== undefined && this.#isUnauthorised(outcome.error);
    if (audit === undefined && !unauthorised) return;
    const from = this.#caller?.actor.principalId ?? addressOf(this.#options.request) ?? 'unknown';
    if (!parts.refusals.take(from)) return;
    this.#trail().note({ ...this.#draft(), ...outcome });
  }

  #isUnauthorised({ code }: EventError): boolean {
    if (code === 'not_permitted' || code === 'origin_not_allowed') return true;
    return /^(token|session)_/.test(code) && this.#caller === undefined;
  }

  #trail() {
    const workspaceId = this.#caller?.actor.workspaceId ?? DEFAULT_WORKSPACE;
    return this.#options.parts.audit.trail(workspaceId);
  }

  #draft(): EventDraft {
    const { endpoint, request, requestId } = this.#options;
    const address = addressOf(request);
    const { before, after, attributes, ...facts } = this.#told;
    return {
      ...facts,
      kind: endpoint.audit?.kind ?? apiEvents['api.read_refused'],
      actor:
        this.#caller === undefined
          ? anonymousEventActor(address)
          : callerEventActor(this.#caller, address),
      request: requestId,
      ...attributesOf({ ...attributes, ...this.#request(), before, after }),
    };
  }

  #request() {
    const { endpoint, request } = this.#options;
    const url = request.originalUrl ?? request.url ?? '';
    return { method: endpoint.method, path: url.split('?', 1)[0]?.slice(0, MAX_PATH) ?? '' };
  }
}

type Refusal = Pick<EventOutcome, 'status' | 'error'>;

/** What a caller could have done better is refused; the rest failed. */
function outcomeOf(error: unknown): Refusal {
  if (error === undefined) return { status: 'ok' };
  const known =
    error instanceof SwarmError
      ? error
      : apiErrors.internal_error('Something unexpected went wrong.');
  return {
    status: known.status < 500 ? 'refused' : 'error',
    error: { code: known.code, message: known.message.slice(0, 500) },
  };
}

function attributesOf(all: Record<string, unknown>): Pick<EventDraft, 'attributes'> {
  const present = Object.entries(all).filter(([, value]) => value !== undefined);
  return { attributes: Object.fromEntries(present) as NonNullable<EventDraft['attributes']> };
}

/** Where the request came from, as the connection says it: headers can be made up. */
export function addressOf(request: IncomingMessage): string | undefined {
  return request.socket.remoteAddress?.replace(/^::ffff:/, '');
}
