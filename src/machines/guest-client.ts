/**
 * Speaks the guest protocol with one machine's guestd. The other side is hostile: every wait has a
 * limit, every body and line a size, and every answer is parsed before anyone sees it.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { SwarmError } from '../base/errors.ts';
import {
  type GuestExecSpec,
  type GuestExit,
  type GuestProcessSpec,
  type GuestRunResult,
  type GuestStatus,
  guestError,
  guestExit,
  guestRunResult,
  guestStatus,
} from '../contracts/guest.ts';
import type { Endpoint } from './driver.ts';
import { machineErrors } from './errors.ts';

export interface GuestClient {
  /** @throws guest_unreachable, guest_answer_invalid, guest_refused (all methods) */
  status(options: Limits): Promise<GuestStatus>;
  startProcess(spec: GuestProcessSpec, options: Limits): Promise<void>;
  stopProcess(how: { signal: string; timeoutMs: number }): Promise<GuestExit>;
  powerOff(options: Limits): Promise<void>;
  run(how: {
    process: GuestProcessSpec;
    timeoutMs: number;
    maxOutputBytes: number;
  }): Promise<GuestRunResult>;
  /** The raw stream after the upgrade. */
  exec(spec: GuestExecSpec): Promise<Duplex>;
  /** An open answer of newline-delimited JSON; ends with an error after `idleMs` of silence. */
  stream(path: string, options: { idleMs: number; signal: AbortSignal }): Promise<IncomingMessage>;
  /** Closes idle connections. */
  close(): void;
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Call extends Limits {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The largest answer: 1 MiB of output, each byte of which JSON may spell with six. */
const BODY_BYTES = 8 * 1024 * 1024;
/** What a request that itself waits in the guest may take beyond that wait. */
const MARGIN_MS = 5_000;
const EXEC_TIMEOUT_MS = 10_000;

export function createGuestClient(options: {
  machineId: string;
  endpoint: Endpoint;
  token: string;
}): GuestClient {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1, timeout: 30_000 });
  const open = (call: Call) => openRequest({ ...options, agent, call });

  const send = async (call: Call): Promise<unknown> => {
    const timeout = AbortSignal.timeout(call.timeoutMs);
    const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
    try {
      const { response } = await open({ ...call, signal });
      return await readJson(response);
    } catch (cause) {
      call.signal?.throwIfAborted();
      if (cause instanceof SwarmError) throw cause;
      throw unreachable(options.machineId, call, cause);
    }
  };
  const ask = async <S extends z.ZodType>(schema: S, call: Call): Promise<z.infer<S>> => {
    const parsed = schema.safeParse(await send(call));
    if (parsed.success) return parsed.data;
    throw machineErrors.guest_answer_invalid(
      `Machine ${options.machineId} gave an answer to ${call.method} ${call.path} that the guest protocol does not allow.`,
      { details: { issues: parsed.error.issues.slice(0, 3).map((issue) => issue.message) } },
    );
  };

  return {
    status: (limits) => ask(guestStatus, { method: 'GET', path: '/v1/status', ...limits }),
    async startProcess(spec, limits) {
      await send({ method: 'POST', path: '/v1/process', body: spec, ...limits });
    },
    stopProcess: (how) =>
      ask(guestExit, {
        method: 'POST',
        path: '/v1/process/stop',
        body: how,
        timeoutMs: how.timeoutMs + MARGIN_MS,
      }),
    async powerOff(limits) {
      await send({ method: 'POST', path: '/v1/poweroff', ...limits });
    },
    run: ({ process, timeoutMs, maxOutputBytes }) =>
      ask(guestRunResult, {
        method: 'POST',
        path: '/v1/run',
        body: { ...process, timeoutMs, maxOutputBytes },
        timeoutMs: timeoutMs + MARGIN_MS,
      }),
    exec: async (spec) => {
      const headers = { connection: 'Upgrade', upgrade: 'swarm-exec' };
      const path = '/v1/exec';
      const call: Call = { method: 'POST', path, body: spec, headers, timeoutMs: EXEC_TIMEOUT_MS };
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), EXEC_TIMEOUT_MS);
      try {
        const opened = await open({ ...call, signal: controller.signal });
        if (opened.upgraded !== undefined) return opened.upgraded;
        opened.response.destroy();
      } catch (cause) {
        if (cause instanceof SwarmError) throw cause;
        throw unreachable(options.machineId, call, cause);
      } finally {
        clearTimeout(timer);
      }
      throw machineErrors.guest_answer_invalid(
        `Machine ${options.machineId} did not take up the exec stream.`,
      );
    },
    async stream(path, { idleMs, signal }) {
      // Ends the wait for the head of the answer only: the body has its own, between its pieces.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(new Error('guest is silent')), idleMs);
      const either = AbortSignal.any([signal, late.signal]);
      const call: Call = { method: 'GET', path, timeoutMs: idleMs, signal: either };
      const { response } = await open(call).finally(() => clearTimeout(timer));
      response.socket?.setTimeout(idleMs, () => response.destroy(new Error('guest is silent')));
      return response;
    },
    close: () => agent.destroy(),
  };
}

interface Opened {
  readonly response: IncomingMessage;
  readonly upgraded?: Duplex;
}

/** Resolves with the head of a successful answer. @throws guest_refused; what the socket says */
function openRequest(options: {
  machineId: string;
  endpoint: Endpoint;
  token: string;
  agent: Agent;
  call: Call;
}): Promise<Opened> {
  const { call, endpoint } = options;
  const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...endpoint,
      agent: call.headers?.upgrade === undefined ? options.agent : false,
      method: call.method,
      path: call.path,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      headers: {
        authorization: `Bearer ${options.token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(body.length) }),
        ...call.headers,
      },
    });
    request.on('error', reject);
    // guestd sends none; a flood of them would keep swarmd busy with nothing.
    request.on('information', () => request.destroy(new Error('an interim answer came')));
    request.on('upgrade', (response, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (head.length > 0) socket.unshift(head);
      resolve({ response, upgraded: socket });
    });
    request.on('response', (response) => {
      response.on('error', reject);
      if ((response.statusCode ?? 500) < 400) return resolve({ response });
      readJson(response).then(
        (answer) => reject(refusal(options.machineId, response, answer)),
        reject,
      );
    });
    request.end(body);
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) throw new Error(`the answer is longer than ${BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return bytes === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

function refusal(machineId: string, response: IncomingMessage, answer: unknown): SwarmError {
  const parsed = guestError.safeParse(answer);
  const code = parsed.success ? parsed.data.error.code : 'unknown';
  const message = parsed.success ? parsed.data.error.message : `status ${response.statusCode}`;
  return machineErrors.guest_refused(`Machine ${machineId} refused: ${message}`, {
    details: { guestCode: code, status: response.statusCode },
  });
}

function unreachable(machineId: string, call: Call, cause: unknown): SwarmError {
  return machineErrors.guest_unreachable(
    `Machine ${machineId} did not answer ${call.method} ${call.path} within ${call.timeoutMs} ms.`,
    { cause },
  );
}
