import { EXEC_FRAME } from '../../../../contracts/exec-frame.ts';

/** Longest payload of a frame. */
const MAX_PAYLOAD_BYTES = 64 * 1024;

export type ExecMessage =
  | { readonly type: 'output'; readonly data: Uint8Array }
  /** The last one. */
  | { readonly type: 'exit'; readonly exitCode: number | null; readonly signal: string | null }
  /** The last one: it could not be started, or the session broke. */
  | { readonly type: 'error'; readonly message: string };

/** What somebody typed, as frames. */
export function inputFrames(data: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < data.length; at += MAX_PAYLOAD_BYTES)
    frames.push(frame(EXEC_FRAME.stdin, data.subarray(at, at + MAX_PAYLOAD_BYTES)));
  return frames;
}

export function resizeFrame(size: { readonly columns: number; readonly rows: number }) {
  return frame(EXEC_FRAME.resize, new TextEncoder().encode(JSON.stringify(size)));
}

/** undefined: a frame that means nothing here. */
export function readFrame(bytes: Uint8Array): ExecMessage | undefined {
  const payload = bytes.subarray(1);
  if (bytes[0] === EXEC_FRAME.stdout || bytes[0] === EXEC_FRAME.stderr)
    return { type: 'output', data: payload };
  if (bytes[0] === EXEC_FRAME.exit) {
    const { exitCode, signal } = json(payload);
    return {
      type: 'exit',
      exitCode: typeof exitCode === 'number' ? exitCode : null,
      signal: typeof signal === 'string' ? signal : null,
    };
  }
  return bytes[0] === EXEC_FRAME.error
    ? { type: 'error', message: errorText(json(payload)) }
    : undefined;
}

function frame(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(payload.length + 1);
  bytes[0] = type;
  bytes.set(payload, 1);
  return bytes;
}

function json(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** swarmd’s problem, or guestd’s own words. */
function errorText({ detail, remedy, error }: Readonly<Record<string, unknown>>): string {
  if (typeof detail === 'string')
    return typeof remedy === 'string' && remedy !== '' ? `${detail} ${remedy}` : detail;
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message).slice(0, 4_096);
  return 'The command could not start.';
}
