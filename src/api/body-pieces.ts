import type { IncomingMessage } from 'node:http';
import { apiErrors } from './errors.ts';

/**
 * A request's body as it comes. Left early, the request lives on: its sender has to read the refusal.
 * @throws body_malformed when its sender went away: no fault of swarmd, and told as none
 */
export async function* bodyPieces(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw apiErrors.body_malformed('The body ended before its end.', { cause });
  }
}
