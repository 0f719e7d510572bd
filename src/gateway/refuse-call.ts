/** Refusals of what no agent has seen. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SwarmError } from '../base/errors.ts';
import type { CallAudit } from './call-audit.ts';
import { gatewayErrors } from './errors.ts';
import { problemHead, sendProblem } from './problem-response.ts';

interface RefusedRequest {
  readonly requestId: string;
  readonly audit: CallAudit;
}

/** Answers once the log has it. */
export async function refuseCall(
  call: RefusedRequest & { readonly response: ServerResponse },
  error: SwarmError,
): Promise<void> {
  await call.audit.refuse(error);
  if (!call.response.destroyed) sendProblem(call.response, error, call);
}

/** Answers once the log has it. */
export async function refuseUpgrade(
  call: RefusedRequest & { readonly socket: Duplex },
  error: SwarmError,
): Promise<void> {
  const { audit, socket } = call;
  socket.on('error', () => undefined);
  audit.bytes = { in: 0, out: 0 };
  await audit.refuse(error);
  endWithProblem(call, error);
}

export function endWithProblem(
  call: RefusedRequest & { readonly socket: Duplex },
  error: SwarmError,
): void {
  const { socket } = call;
  // The caller may never close its side.
  socket.once('finish', () => socket.destroy());
  if (socket.writable) socket.end(problemHead(error, call));
}

/** Why a request may not be passed on, or undefined. Node's parser has refused the rest already. */
export function refusalOf(request: IncomingMessage): SwarmError | undefined {
  const encoding = request.headers['transfer-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    return gatewayErrors.invalid_call(`Transfer-Encoding "${encoding.slice(0, 64)}" is not known.`);
  if (encoding !== undefined && request.headers['content-length'] !== undefined)
    return gatewayErrors.invalid_call('Both Content-Length and Transfer-Encoding are given.');
  return undefined;
}
