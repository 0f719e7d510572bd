import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * Structured logs as JSON lines on the given file descriptor (2, standard error, by default).
 * Values under these names never reach the log, whatever object they lie in.
 */
const SECRET_PATHS = ['token', '*.token', 'authorization', '*.authorization', 'env', '*.env'];

export function createLogger(options: { level: string; fd?: number }): Logger {
  return pino(
    { level: options.level, base: null, redact: { paths: SECRET_PATHS, censor: '[redacted]' } },
    pino.destination({ fd: options.fd ?? 2, sync: true }),
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
