import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { SecretKey, SecretStore, SecretVersionRow } from '../store/store.ts';
import { openEnvelope } from './envelope.ts';
import { type LoadedValues, RETAINED_MS } from './held-values.ts';
import type { KeyRing } from './key-ring.ts';

export interface LoadOptions {
  readonly store: { readonly secrets: SecretStore };
  readonly keys: Pick<KeyRing, 'find'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is in use of a secret. A damaged envelope is told to the log and left out. */
export async function loadValues(key: SecretKey, options: LoadOptions): Promise<LoadedValues> {
  const { store, clock, log } = options;
  const sinceMs = clock.nowMs() - RETAINED_MS;
  let current: LoadedValues['current'];
  const ended: { version: number; value: string; endedAtMs: number }[] = [];
  for (const row of await store.secrets.versions(key)) {
    const { version, endedAtMs, envelope } = row;
    if (envelope === null || (endedAtMs !== null && endedAtMs <= sinceMs)) continue;
    const value = openVersion(row, options.keys);
    if (value === undefined)
      log.error(
        { secret: key.name, agent: key.agent, version },
        'the envelope of a secret is damaged',
      );
    else if (endedAtMs === null) current = { version, value };
    else ended.push({ version, value, endedAtMs });
  }
  return { current, ended };
}

/** undefined: it is erased or damaged. */
export function openVersion(
  row: SecretVersionRow,
  keys: Pick<KeyRing, 'find'>,
): string | undefined {
  const workspaceKey = keys.find(row.workspaceId)?.sealing;
  if (row.envelope === null || workspaceKey === undefined) return undefined;
  return openEnvelope(row.envelope, { of: row, workspaceKey });
}
