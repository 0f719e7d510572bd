import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * Structured logs as JSON lines on the given file descriptor (2, standard error, by default).
 * Values under these names never reach the log, whatever object they lie in.
 */
const SECRET_PATHS = ['token', '*.token', 'authorization', '*.authorization', 'env', '*.env'];

/** Lines wait up to here for a disk that is full; then new ones are dropped. */
const WAITING_BYTES = 1024 * 1024;

export function createLogger(options: { level: string; fd?: number }): Logger {
  const destination = pino.destination({
    fd: options.fd ?? 2,
    sync: true,
    maxLength: WAITING_BYTES,
  });
  // Nowhere to tell it: a log that cannot be written must not end the process.
  destination.on('error', () => undefined);
  return pino(
    { level: options.level, base: null, redact: { paths: SECRET_PATHS, censor: '[redacted]' } },
    destination,
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
