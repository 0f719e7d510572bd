import type { IncomingHttpHeaders } from 'node:http';
import type { RecordHandler } from './answer-scanner.ts';
import { AnswerScanner } from './answer-scanner.ts';
import { contentCodings, decodeContent } from './content-coding.ts';
import type { ResponseTap, TapEnd } from './metering-types.ts';
import { UsageEventFilter } from './usage-event-filter.ts';
import { meteredUsage, type UsageReader } from './usage-reader.ts';

/** An answer that is still encoded is kept so far, and decoded at its end up to as much. */
const MAX_ENCODED_BYTES = 8 * 1024 * 1024;

/** Feeds a handler with the records of an answer, decoding it where nobody has. */
class TapInput {
  readonly scanner: AnswerScanner;
  #codings: readonly string[] = [];
  #encoded: Buffer[] = [];
  #encodedBytes = 0;

  constructor(handler: RecordHandler) {
    this.scanner = new AnswerScanner(handler);
  }

  head(headers: IncomingHttpHeaders): void {
    this.#codings = contentCodings(headers['content-encoding']);
  }

  get isEncoded(): boolean {
    return this.#codings.length > 0;
  }

  push(bytes: Buffer): void {
    if (!this.isEncoded) {
      this.scanner.push(bytes);
      return;
    }
    this.#encodedBytes += bytes.length;
    if (this.#encodedBytes <= MAX_ENCODED_BYTES) this.#encoded.push(Buffer.from(bytes));
    else this.#encoded = [];
  }

  end(): void {
    if (this.isEncoded && this.#encodedBytes > 0 && this.#encodedBytes <= MAX_ENCODED_BYTES) {
      const body = Buffer.concat(this.#encoded, this.#encodedBytes);
      this.#encoded = [];
      const options = { codings: this.#codings, maxBytes: MAX_ENCODED_BYTES };
      const decoded = decodeContent(body, options);
      if (decoded !== undefined) this.scanner.push(decoded);
    }
    this.scanner.end();
  }
}

/** @param options.dropUsage usage was asked for in the caller's name */
export function usageTap(
  reader: UsageReader,
  options: { readonly dropUsage: boolean },
): ResponseTap {
  const input = new TapInput(reader);
  const filter = options.dropUsage ? new UsageEventFilter() : undefined;
  let status: number | undefined;
  return {
    head(code, headers) {
      status = code;
      input.head(headers);
    },
    chunk(bytes) {
      input.push(bytes);
      return filter !== undefined && input.scanner.isStream ? filter.push(bytes) : bytes;
    },
    end(): TapEnd {
      input.end();
      const rest = filter?.end();
      return { ...(rest !== undefined && { rest }), usage: meteredUsage(reader, status) };
    },
  };
}

/** @param handler.end what it has gathered */
export function recordTap(
  handler: RecordHandler & { end(status: number | undefined): TapEnd },
): ResponseTap {
  const input = new TapInput(handler);
  let status: number | undefined;
  return {
    head(code, headers) {
      status = code;
      input.head(headers);
    },
    chunk(bytes) {
      input.push(bytes);
      return bytes;
    },
    end() {
      input.end();
      return handler.end(status);
    },
  };
}
