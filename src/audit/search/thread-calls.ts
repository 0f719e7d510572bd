/** Calls and answers between the main thread and a worker. Errors keep their code. */
import type { MessagePort } from 'node:worker_threads';
import { describeError, SwarmError } from '../../base/errors.ts';
import { searchErrors } from './errors.ts';

/** For each call: what goes there and what comes back, both structured-clonable. */
export type CallTable = Record<string, { args: unknown; result: unknown }>;

interface Failure {
  readonly code: string | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface CallMessage {
  readonly call: number;
  readonly method: string;
  readonly args: unknown;
}
export interface AnswerMessage {
  readonly answer: number;
  readonly result?: unknown;
  readonly failure?: Failure;
}

export type CallHandlers<Table extends CallTable> = {
  readonly [Name in keyof Table]: (
    args: Table[Name]['args'],
  ) => Promise<Table[Name]['result']> | Table[Name]['result'];
};

/** On the worker: answers what is a call; @returns whether the message was one */
export function serveCall<Table extends CallTable>(
  port: MessagePort,
  message: unknown,
  handlers: CallHandlers<Table>,
): boolean {
  if (!isCall(message)) return false;
  const { call, method, args } = message;
  const answer = async () => handlers[method]?.(args);
  answer().then(
    (result) => port.postMessage({ answer: call, result } satisfies AnswerMessage),
    (error: unknown) =>
      port.postMessage({ answer: call, failure: failureOf(error) } satisfies AnswerMessage),
  );
  return true;
}

/** On the main thread: what was asked and not answered yet. */
export class WaitingCalls<Table extends CallTable> {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;

  get size(): number {
    return this.#waiting.size;
  }

  ask<Name extends keyof Table & string>(
    send: (message: CallMessage) => void,
    method: Name,
    args: Table[Name]['args'],
  ): Promise<Table[Name]['result']> {
    const call = this.#next++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(call, waiting);
    send({ call, method, args });
    return waiting.promise as Promise<Table[Name]['result']>;
  }

  /** @returns whether the message was an answer */
  take(message: unknown): boolean {
    if (!isAnswer(message)) return false;
    const waiting = this.#waiting.get(message.answer);
    this.#waiting.delete(message.answer);
    if (message.failure === undefined) waiting?.resolve(message.result);
    else waiting?.reject(errorOf(message.failure));
    return true;
  }

  /** The thread ended. */
  failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function isCall(message: unknown): message is CallMessage {
  return typeof message === 'object' && message !== null && 'call' in message;
}

function isAnswer(message: unknown): message is AnswerMessage {
  return typeof message === 'object' && message !== null && 'answer' in message;
}

function failureOf(error: unknown): Failure {
  if (error instanceof SwarmError)
    return { code: error.code, message: error.message, details: error.details };
  return { code: undefined, message: describeError(error), details: {} };
}

function errorOf({ code, message, details }: Failure): Error {
  for (const [name, make] of Object.entries(searchErrors))
    if (name === code) return make(message, { details });
  if (code === undefined) return new Error(message);
  return searchErrors.audit_index_unavailable(message, { details: { ...details, code } });
}
