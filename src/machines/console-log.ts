/**
 * The console of a machine: read from the VMM's socket, kept in two files of bounded size.
 *
 * Whoever owns the guest may write to its serial port without end. So the VMM never writes a file
 * itself: while swarmd reads, it reads no faster than RATE_BYTES_PER_SECOND and the guest waits;
 * while no swarmd is there, the VMM throws the bytes away.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { readTextIfThere } from '../base/files.ts';
import { sleep } from '../base/wait.ts';
import type { MachineFolder } from './machine-folder.ts';

/** Each of the two files. */
export const CONSOLE_FILE_BYTES = 256 * 1024;
const RATE_BYTES_PER_SECOND = 256 * 1024;
/** Enough to find a text that two reads cut in half. */
const RECENT_BYTES = 1024;

export interface ConsoleLog {
  /** Calls back with each piece as it comes; returns the unsubscribe function. */
  onText(listener: (recent: string) => void): () => void;
  /** The newest bytes. */
  recent(): string;
  /** Resolves when the VMM closed it, everything being written. */
  readonly closed: Promise<void>;
  /** Lets go of the console. */
  close(): void;
}

/** Follows the socket until it closes. The console of an earlier start is `resetConsole`'s. */
export function followConsole(socket: Socket, folder: MachineFolder): ConsoleLog {
  const listeners = new Set<(recent: string) => void>();
  let recent: Buffer = Buffer.alloc(0);
  const closed = (async () => {
    const writer = createBoundedWriter(folder);
    let windowStart = performance.now();
    let inWindow = 0;
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        const joined = Buffer.concat([recent, chunk]);
        try {
          await writer.append(chunk);
        } finally {
          // Not before: whoever waited for a text reads the console next, and is to find it there.
          recent = Buffer.from(joined.subarray(-RECENT_BYTES));
          for (const listener of [...listeners]) listener(joined.toString('latin1'));
        }
        inWindow += chunk.length;
        const elapsedMs = performance.now() - windowStart;
        if (inWindow >= RATE_BYTES_PER_SECOND && elapsedMs < 1000)
          await sleep(1000 - elapsedMs, undefined, { ref: false });
        if (performance.now() - windowStart >= 1000) {
          windowStart = performance.now();
          inWindow = 0;
        }
      }
    } catch {
      // Reset by the VMM's end, or the folder was removed: nothing more to keep either way.
    } finally {
      socket.destroy();
      await writer.close();
    }
  })();
  return {
    onText(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recent: () => recent.toString('latin1'),
    closed,
    close: () => socket.destroy(),
  };
}

function createBoundedWriter(folder: MachineFolder) {
  let handle: FileHandle | undefined;
  let size = 0;
  return {
    async append(chunk: Buffer): Promise<void> {
      if (handle === undefined) {
        handle = await open(folder.consolePath, 'a', 0o600);
        size = (await handle.stat()).size;
      }
      await handle.write(chunk);
      size += chunk.length;
      if (size < CONSOLE_FILE_BYTES) return;
      await handle.close();
      handle = undefined;
      await rename(folder.consolePath, folder.olderConsolePath);
    },
    async close(): Promise<void> {
      await handle?.close();
      handle = undefined;
    },
  };
}

const LAST_WORDS_MS = 1_000;

/** The console of a VMM that has ended: why it did is the last that it wrote, and may be on its way. */
export async function readEndedConsole(
  folder: MachineFolder,
  options: { readonly maxBytes: number; readonly log: ConsoleLog | undefined },
): Promise<string> {
  const late = new AbortController();
  const patience = sleep(LAST_WORDS_MS, undefined, { signal: late.signal }).catch(() => undefined);
  if (options.log !== undefined) await Promise.race([options.log.closed, patience]);
  late.abort();
  return readConsole(folder, options);
}

/** Forgets the console of the last start. */
export async function resetConsole(folder: MachineFolder): Promise<void> {
  await rm(folder.consolePath, { force: true });
  await rm(folder.olderConsolePath, { force: true });
}

/** The end of the kept console, at most `maxBytes` of it; '' when there is none. */
export async function readConsole(
  folder: MachineFolder,
  options: { maxBytes: number },
): Promise<string> {
  const newer = (await readTextIfThere(folder.consolePath)) ?? '';
  if (newer.length >= options.maxBytes) return newer.slice(newer.length - options.maxBytes);
  const older = (await readTextIfThere(folder.olderConsolePath)) ?? '';
  const whole = older + newer;
  return whole.slice(Math.max(0, whole.length - options.maxBytes));
}

/** True once the console showed `text`, false when it closed or the time ran out first. */
export async function waitForText(
  log: ConsoleLog,
  folder: MachineFolder,
  options: { text: string; timeoutMs: number; signal?: AbortSignal },
): Promise<boolean> {
  let finish: (found: boolean) => void = () => undefined;
  const seen = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
  const unsubscribe = log.onText((text) => {
    if (text.includes(options.text)) finish(true);
  });
  const onAbort = () => finish(false);
  const timer = setTimeout(onAbort, options.timeoutMs);
  options.signal?.addEventListener('abort', onAbort);
  try {
    if (options.signal?.aborted === true) return false;
    const kept = await readConsole(folder, { maxBytes: 2 * CONSOLE_FILE_BYTES });
    if (kept.includes(options.text) || log.recent().includes(options.text)) return true;
    log.closed.then(onAbort);
    return await seen;
  } finally {
    clearTimeout(timer);
    unsubscribe();
    options.signal?.removeEventListener('abort', onAbort);
  }
}
