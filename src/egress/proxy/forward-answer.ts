/** The answer to a call on its way to the guest: decoded, metered, scrubbed, and written as it comes. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { TapEnd } from '../metering/metering.ts';
import type { CallTrail } from './call-trail.ts';
import { decodersFor } from './decode-body.ts';
import { type GuestCall, touch } from './guest-request.ts';
import { isPlainTransfer, responseHeaders, responseTrailers } from './passed-headers.ts';
import type { PreparedCall } from './prepare-call.ts';
import { ResponseBody } from './response-body.ts';
import { Scrubber, scrubText } from './scrubber.ts';
import { BAD_RESPONSE } from './upstream-fault.ts';

export interface ForwardedAnswerOptions {
  readonly call: GuestCall;
  readonly trail: CallTrail;
  readonly prepared: PreparedCall | undefined;
  readonly controller: Dispatcher.DispatchController;
  /** All of it was read; what is said here is said before the guest sees the end. */
  readonly ended: (tap: TapEnd | undefined) => void;
  readonly failed: (error: Error) => void;
}

/** Node sends none after these; after 205 it does. */
const NO_BODY = new Set([204, 304]);

export class ForwardedAnswer {
  readonly #options: ForwardedAnswerOptions;
  #scrubber: Scrubber | undefined;
  #body: ResponseBody | undefined;
  #trailers: IncomingHttpHeaders = {};
  #paused = false;
  #wrote = false;

  constructor(options: ForwardedAnswerOptions) {
    this.#options = options;
  }

  /** How many values were taken out of its body. */
  get scrubbed(): number {
    return this.#scrubber?.count ?? 0;
  }

  /** @throws Error BAD_RESPONSE: nobody could read it, so nobody could scrub it */
  begin(status: number, headers: IncomingHttpHeaders): void {
    const { response, request } = this.#options.call;
    const bodiless = request.method === 'HEAD' || NO_BODY.has(status);
    const kept = this.#openBody(status, { headers, bodiless });
    response.writeHead(status, kept);
    // Most answers come with a first chunk at once, and one write for both is cheaper.
    process.nextTick(() => {
      if (!this.#wrote && !response.writableEnded && !response.destroyed) response.flushHeaders();
    });
  }

  push(chunk: Buffer): void {
    if (this.#body?.push(chunk) !== false) return;
    this.#paused = true;
    this.#options.controller.pause();
  }

  end(trailers: IncomingHttpHeaders): void {
    this.#trailers = trailers;
    this.#body?.end();
  }

  /** Nothing more is wanted. @returns what its meter knows until here */
  destroy(): TapEnd | undefined {
    return this.#body?.destroy();
  }

  /** @returns the headers for the guest */
  #openBody(
    status: number,
    by: { readonly headers: IncomingHttpHeaders; readonly bodiless: boolean },
  ): string[] {
    const { headers, bodiless } = by;
    const { trail, prepared, controller } = this.#options;
    // Decoded by nobody, and scrubbed by nobody.
    if (!isPlainTransfer(headers)) throw new Error(BAD_RESPONSE);
    const { metered, matcher } = prepared ?? {};
    const opens = !bodiless && (matcher !== undefined || metered?.identityOnly === true);
    const decoders = opens ? decodersFor(headers['content-encoding']) : [];
    // What cannot be read cannot be scrubbed.
    if (decoders === undefined) throw new Error(BAD_RESPONSE);
    const drop = new Set<string>();
    if (opens) drop.add('content-length').add('accept-ranges');
    if (decoders.length > 0) drop.add('content-encoding');
    const { 'content-encoding': encoding, ...plain } = headers;
    metered?.tap.head(status, decoders.length > 0 ? plain : headers);
    this.#scrubber = matcher === undefined ? undefined : new Scrubber(matcher);
    trail.answerType = headers['content-type'];
    trail.answerEncoding = decoders.length > 0 ? undefined : encoding;
    this.#body = new ResponseBody({
      ...{ decoders, tap: metered?.tap, scrubber: this.#scrubber },
      write: (chunk) => this.#write(chunk),
      ended: (end) => this.#ended(end),
      // Perhaps long after the other side has said all: undici tells nobody of it then.
      failed: (error) => {
        controller.abort(error);
        this.#options.failed(error);
      },
      drained: () => this.#resume(),
    });
    return responseHeaders(headers, { drop, scrub: this.#scrubText() });
  }

  #write(chunk: Buffer): boolean {
    const { response, connection } = this.#options.call;
    this.#wrote = true;
    touch(connection);
    this.#options.trail.answered.add(chunk);
    if (response.write(chunk) || response.destroyed) return true;
    response.once('drain', () => {
      touch(connection);
      this.#body?.resume();
    });
    return false;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#options.controller.resume();
  }

  #ended(end: TapEnd | undefined): void {
    const { call, ended } = this.#options;
    ended(end);
    const kept = responseTrailers(this.#trailers, this.#scrubText());
    if (kept.length > 0) call.response.addTrailers(kept);
    call.response.end();
  }

  #scrubText(): ((text: string) => string) | undefined {
    const matcher = this.#options.prepared?.matcher;
    return matcher && ((text) => scrubText(matcher, text));
  }
}
