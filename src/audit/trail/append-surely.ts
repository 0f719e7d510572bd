import { SwarmError } from '../../base/errors.ts';
import { sleep } from '../../base/wait.ts';
import type { AppendItem, AppendReceipt, LogWriter } from '../ports.ts';

/** Also asked again without a word from the writer: it may have recovered unheard. */
const RETRY_MS = 1_000;

/** Damage is mended by a person: until then the log is unavailable as well. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof SwarmError)) return false;
  return error.code === 'audit_unavailable' || error.code === 'audit_log_damaged';
}

/**
 * Appends, and while the log is unavailable tries again until `signal` fires.
 * @returns undefined when it was given up. @throws what the writer says of the items themselves
 */
export async function appendSurely(
  writer: Pick<LogWriter, 'append' | 'onStateChange'>,
  what: {
    readonly workspaceId: string;
    readonly items: readonly AppendItem[];
    readonly signal: AbortSignal;
  },
): Promise<readonly AppendReceipt[] | undefined> {
  const { workspaceId, items, signal } = what;
  for (;;) {
    try {
      return await writer.append(workspaceId, items);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    if (signal.aborted) return undefined;
    await stateChange(writer, signal);
    if (signal.aborted) return undefined;
  }
}

/** Resolves when the writer becomes available, the time has passed, or the signal fires. */
async function stateChange(
  writer: Pick<LogWriter, 'onStateChange'>,
  signal: AbortSignal,
): Promise<void> {
  const changed = new AbortController();
  const unsubscribe = writer.onStateChange((state) => {
    if (state.available) changed.abort();
  });
  await sleep(RETRY_MS, undefined, {
    signal: AbortSignal.any([changed.signal, signal]),
    ref: false,
  }).catch(() => undefined);
  unsubscribe();
}
