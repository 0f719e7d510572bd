/** A client of Firecracker's API on its Unix socket. What answers is not trusted. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'undici';
import { z } from 'zod';
import { machineErrors } from '../errors.ts';
import { connectInFolder } from '../machine-folder.ts';
import type { ApiRequest } from './boot-requests.ts';
import { firecrackerErrors } from './errors.ts';
import { JAIL_FILES } from './jail.ts';

export interface FirecrackerApi {
  /**
   * @throws firecracker_refused with Firecracker's fault_message, vmm_unresponsive when no proper
   *   answer comes in time, or what connect(2) says (ENOENT, ECONNREFUSED)
   */
  send(request: ApiRequest): Promise<unknown>;
  /** `Not started`, `Running` or `Paused`. */
  state(): Promise<VmmState>;
  close(): Promise<void>;
}

const description = z.object({ state: z.enum(['Not started', 'Running', 'Paused']) });
export type VmmState = z.infer<typeof description>['state'];
const fault = z.object({ fault_message: z.string().max(8192) });

const ANSWER_TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 64 * 1024;

export function openFirecrackerApi(
  jailRoot: string,
  options: { answerTimeoutMs?: number } = {},
): FirecrackerApi {
  const answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  const client = new Client('http://localhost', {
    connect: (_options, callback) => {
      connectToSocket(jailRoot).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: ANSWER_BYTES,
  });
  const send: FirecrackerApi['send'] = async (request) => {
    const { status, text } = await exchange(client, request);
    if (status < 300) return text === '' ? undefined : parseJson(text);
    const said = fault.safeParse(parseJson(text));
    throw firecrackerErrors.firecracker_refused(
      `Firecracker refused ${request.method} ${request.path}: ${said.success ? said.data.fault_message : `status ${status}`}`,
      { details: { status, path: request.path } },
    );
  };
  return {
    send,
    async state() {
      const answer = description.safeParse(await send({ method: 'GET', path: '/' }));
      if (answer.success) return answer.data.state;
      throw machineErrors.vmm_unresponsive('Firecracker described its machine in words unknown.');
    },
    close: () => client.destroy(),
  };
}

async function connectToSocket(jailRoot: string) {
  // The jail is the VMM's: it could have put a link to another socket here.
  const entry = await lstat(join(jailRoot, JAIL_FILES.socket));
  if (!entry.isSocket()) throw new Error('what lies where its socket was is none');
  return connectInFolder(jailRoot, JAIL_FILES.socket);
}

async function exchange(client: Client, request: ApiRequest) {
  const { method, path, body } = request;
  const json = { accept: 'application/json', 'content-type': 'application/json' };
  try {
    const answer = await client.request({
      method,
      path,
      headers: json,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') throw cause;
    throw machineErrors.vmm_unresponsive(`Firecracker did not answer ${method} ${path}.`, {
      cause,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
