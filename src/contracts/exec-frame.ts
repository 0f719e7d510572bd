/** Without zod, for the dashboard too. */

/**
 * POST /v1/exec: after `101 Switching Protocols` (Upgrade: swarm-exec) both sides send frames of
 * type (1 byte) + length (4 bytes, big-endian) + payload (at most 64 KiB). The WebSocket of the API
 * carries the same types: first byte of each binary message, payload after it.
 */
export const EXEC_FRAME = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  /** Guest to host, last: JSON {exitCode, signal}. */
  exit: 3,
  /** Host to guest: JSON {columns, rows}. */
  resize: 4,
  /** Host to guest: no more input. */
  stdinEnd: 5,
  /** Host to guest: JSON {signal}. */
  signal: 6,
  /** Guest to host, last: JSON of guestError: the command could not start. */
  error: 7,
} as const;
