import type { Problem } from '../../contracts/resources.ts';
import { SESSION_HEADER } from '../../contracts/session-names.ts';
import { endSession, headerToken } from '../session/session.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

/** What the API refused, with cause and remedy; or that it could not be asked. */
export class ApiError extends Error {
  readonly problem: Pick<Problem, 'code' | 'detail' | 'remedy' | 'status'> & Partial<Problem>;

  constructor(problem: ApiError['problem'], options?: ErrorOptions) {
    super(problem.detail, options);
    this.problem = problem;
  }
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** The answer’s body as JSON. @throws ApiError */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  const text = await response.text().catch((cause) => {
    throw unreachable(cause);
  });
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** The answer itself, once it is known to be none that refuses. @throws ApiError */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', json, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  const signals = [limit.signal, ...(options.signal ? [options.signal] : [])];
  const token = headerToken();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      redirect: 'error',
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { [SESSION_HEADER]: token }),
        ...options.headers,
      },
      signal: AbortSignal.any(signals),
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(options.body !== undefined && { body: options.body }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw unreachable(cause);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) endSession(problem.detail);
  throw new ApiError(problem);
}

async function problemOf(response: Response): Promise<ApiError['problem']> {
  try {
    const told = (await response.json()) as Problem;
    if (typeof told.detail === 'string' && typeof told.code === 'string') return told;
  } catch {
    // Not ours: something between here and swarmd answered.
  }
  return {
    status: response.status,
    code: 'answer_unexpected',
    detail: `The server answered with status ${response.status}.`,
    remedy: 'Is there a proxy between this browser and swarmd? Its log may say more.',
  };
}

function unreachable(cause: unknown): ApiError {
  return new ApiError(
    {
      status: 0,
      code: 'swarmd_unreachable',
      detail: 'swarmd does not answer.',
      remedy: 'Is it running? See with: swarm status. The page goes on by itself when it is back.',
    },
    { cause },
  );
}

/** `?a=1&b=2` of what is there; empty when nothing is. */
export function queryString(
  terms: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(terms))
    if (value !== undefined && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
