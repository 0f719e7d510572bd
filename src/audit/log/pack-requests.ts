/** Appends of one turn of the event loop as one message. */
import type { CapturedBody, CapturedPayload } from '../../contracts/trail.ts';
import type { AppendItem } from '../ports.ts';
import type { AppendRequest, SentBody } from './writer-messages.ts';

type SentPayload = Omit<CapturedPayload, 'request' | 'response'> & {
  readonly request?: SentBody;
  readonly response?: SentBody;
};

export class RequestPacker {
  #texts: string[] = [];
  #bodies: Uint8Array[] = [];
  #bodyBytes = 0;

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /** @returns bytes that it takes, about. @throws TypeError for what is no JSON */
  add(request: AppendRequest): number {
    const before = this.#bodyBytes;
    const items = request.items.map((item) =>
      item.draft.captured === undefined ? item : this.#withoutBodies(item, item.draft.captured),
    );
    const text = JSON.stringify({ ...request, items });
    this.#texts.push(text);
    return text.length + this.#bodyBytes - before;
  }

  /** The buffer is a new one: it can be handed over. */
  take(): { readonly requests: string; readonly bodies: Uint8Array<ArrayBuffer> } {
    const bodies = new Uint8Array(this.#bodyBytes);
    let at = 0;
    for (const body of this.#bodies) {
      bodies.set(body, at);
      at += body.length;
    }
    const requests = `[${this.#texts.join(',')}]`;
    this.#texts = [];
    this.#bodies = [];
    this.#bodyBytes = 0;
    return { requests, bodies };
  }

  #withoutBodies({ draft }: AppendItem, { policy, request, response }: CapturedPayload): object {
    const captured: SentPayload = {
      policy,
      ...(request && { request: this.#place(request) }),
      ...(response && { response: this.#place(response) }),
    };
    return { draft: { ...draft, captured } };
  }

  #place({ head, ...rest }: CapturedBody): SentBody {
    const at = this.#bodyBytes;
    this.#bodies.push(head);
    this.#bodyBytes += head.length;
    return { ...rest, at, length: head.length };
  }
}

export function unpackRequests(message: {
  readonly requests: string;
  readonly bodies: Uint8Array;
}): AppendRequest[] {
  const { bodies } = message;
  const requests = JSON.parse(message.requests) as AppendRequest[];
  if (bodies.length === 0 && !message.requests.includes('"captured"')) return requests;
  return requests.map((request) => ({
    ...request,
    items: request.items.map(({ draft }) => ({
      draft: draft.captured === undefined ? draft : withBodies(draft, bodies),
    })),
  }));
}

function withBodies(draft: AppendItem['draft'], bodies: Uint8Array): AppendItem['draft'] {
  const { policy, request, response } = draft.captured as unknown as SentPayload;
  return {
    ...draft,
    captured: {
      policy,
      ...(request && { request: withHead(request, bodies) }),
      ...(response && { response: withHead(response, bodies) }),
    },
  };
}

function withHead({ at, length, ...rest }: SentBody, bodies: Uint8Array): CapturedBody {
  return { ...rest, head: bodies.subarray(at, at + length) };
}
