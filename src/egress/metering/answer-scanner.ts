/** Reads an answer as records, whether it is JSON, or JSON in the events of a stream. */
import { EventStreamReader } from './event-stream.ts';
import type { JsonRecord } from './json-record.ts';
import { JsonScanner } from './json-scanner.ts';

/** Of one value that is asked for: usage objects have a few hundred. */
const KEEP_BYTES = 64 * 1024;
/** Whitespace that may stand before JSON, and a byte order mark. */
const INSIGNIFICANT = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

export interface RecordHandler {
  readonly wanted: ReadonlySet<string>;
  record(record: JsonRecord): void;
  /** The stream said that it is whole. */
  done?(): void;
}

/** The last event of OpenAI's streams. */
const DONE = '[DONE]';

interface Form {
  push(bytes: Buffer): void;
  end(): void;
}

/** Which form it is, its first byte says: content types lie, but JSON begins with a bracket. */
export class AnswerScanner {
  readonly #handler: RecordHandler;
  #form: Form | undefined;
  #isStream = false;

  constructor(handler: RecordHandler) {
    this.#handler = handler;
  }

  get isStream(): boolean {
    return this.#isStream;
  }

  push(bytes: Buffer): void {
    this.#form ??= this.#choose(bytes);
    this.#form?.push(bytes);
  }

  end(): void {
    this.#form?.end();
  }

  #choose(bytes: Buffer): Form | undefined {
    const first = bytes.find((byte) => !INSIGNIFICANT.has(byte));
    if (first === undefined) return undefined;
    this.#isStream = first !== 0x7b && first !== 0x5b;
    return this.#isStream ? eventRecords(this.#handler) : jsonRecords(this.#handler);
  }
}

function jsonRecords(handler: RecordHandler): JsonScanner {
  return new JsonScanner({
    wanted: handler.wanted,
    keepBytes: KEEP_BYTES,
    onRecord: (record) => handler.record(record),
  });
}

function eventRecords(handler: RecordHandler): EventStreamReader {
  let scanner: JsonScanner | undefined;
  let begin = '';
  return new EventStreamReader({
    data(bytes) {
      if (begin.length < DONE.length) begin += bytes.toString('latin1', 0, DONE.length);
      scanner ??= jsonRecords(handler);
      scanner.push(bytes);
    },
    event() {
      scanner?.end();
      scanner = undefined;
      if (begin.startsWith(DONE)) handler.done?.();
      begin = '';
    },
  });
}
