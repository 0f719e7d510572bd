import type { LogRecordResource } from '../../contracts/resources.ts';
import { agentPath } from './agents.ts';
import { readJsonLines } from './read-json-lines.ts';
import { send } from './request.ts';

/** The server sends an empty line every 15 s. */
const SILENCE_MS = 50_000;

/** All records that are kept, several at a time. @throws ApiError, or when the stream breaks */
export async function* agentLog(
  agent: string,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<readonly LogRecordResource[]> {
  const headers = { accept: 'application/x-ndjson' };
  const response = await send(`${agentPath(agent)}/logs`, { headers, signal });
  if (response.body === null) return;
  yield* readJsonLines<LogRecordResource>(response.body, { silenceMs: SILENCE_MS });
}
