/** The log, seen from the main thread: opens the audit folder and starts the writer's thread. */
import type { FileHandle } from 'node:fs/promises';
import { type Clock, systemClock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { auditErrors } from '../errors.ts';
import type { LogWriter } from '../ports.ts';
import { ensureSigningKey } from '../tree/signing-key.ts';
import { lockFolder } from './lock-folder.ts';
import { ThreadedLogWriter } from './threaded-log-writer.ts';

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;
const DEFAULT_PUBLISH_AFTER_MS = 1_000;

export interface LogWriterOptions {
  /** SWARM_HOME/audit: made when it is missing. */
  readonly dir: string;
  readonly log: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly segmentBytes?: number;
  /** How long a commit waits for the checkpoint that covers it. */
  readonly publishAfterMs?: number;
}

/**
 * Resolves when every log in the folder is open, or known to be unavailable: `state` says it.
 * @throws audit_folder_unusable, audit_folder_locked, audit_key_invalid
 */
export async function openLogWriter(options: LogWriterOptions): Promise<LogWriter> {
  const lock = await lockFolder(options.dir);
  const writer = await startUnder(lock, options);
  try {
    await writer.opened;
    return writer;
  } catch (error) {
    await writer.close();
    throw error;
  }
}

async function startUnder(lock: FileHandle, options: LogWriterOptions): Promise<ThreadedLogWriter> {
  try {
    prepareKey(options.dir);
    return new ThreadedLogWriter({
      dir: options.dir,
      log: options.log,
      // The thread reads the system's own clock; another one's time travels with the messages.
      clock: options.clock === systemClock ? undefined : options.clock,
      segmentBytes: options.segmentBytes ?? DEFAULT_SEGMENT_BYTES,
      publishAfterMs: options.publishAfterMs ?? DEFAULT_PUBLISH_AFTER_MS,
      onClosed: () => lock.close(),
    });
  } catch (error) {
    await lock.close();
    throw error;
  }
}

function prepareKey(dir: string): void {
  try {
    ensureSigningKey(dir);
  } catch (cause) {
    if (!('syscall' in Object(cause))) throw cause;
    throw auditErrors.audit_folder_unusable(
      `The log's key cannot be kept in ${dir}: ${describeError(cause)}.`,
      { cause },
    );
  }
}
