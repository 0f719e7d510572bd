import type { LogRecordResource } from '../../contracts/resources.ts';
import { agentPath } from './agents.ts';
import { readJsonLines } from './read-json-lines.ts';
import { queryString, send } from './request.ts';

/** The server sends an empty line every 15 s. */
const SILENCE_MS = 50_000;

export interface LogsQuery {
  readonly follow: boolean;
  readonly tail?: number;
  /** RFC 3339. */
  readonly since?: string;
  readonly signal: AbortSignal;
  /** It was accepted; lines may take their time. */
  readonly onOpen?: () => void;
}

/** Records as they come, several at a time. @throws ApiError, or when the stream breaks */
export async function* agentLog(
  agent: string,
  { follow, tail, since, signal, onOpen }: LogsQuery,
): AsyncGenerator<readonly LogRecordResource[]> {
  const path = `${agentPath(agent)}/logs${queryString({ follow, tail, since })}`;
  const response = await send(path, { headers: { accept: 'application/x-ndjson' }, signal });
  if (response.body === null) return;
  onOpen?.();
  yield* readJsonLines<LogRecordResource>(response.body, { silenceMs: SILENCE_MS });
}
