import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import { auditErrors } from './errors.ts';
import { createTrail } from './trail/create-trail.ts';

export interface AuditOptions {
  readonly dir: string;
  readonly store: Store;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Nothing is kept yet: until the writer is there. */
export async function openAudit({ clock, log }: AuditOptions): Promise<Audit> {
  let seq = 0;
  const absent = (): never => {
    throw auditErrors.audit_unavailable('The audit log is not wired yet.');
  };
  const writer = {
    append: async (_: string, items: readonly { draft: { id?: string } }[]) =>
      items.map(({ draft }) => ({ seq: seq++, id: draft.id ?? `evt_${seq}` })),
    state: () => ({ available: true }) as const,
    onStateChange: () => () => undefined,
  };
  const trail = createTrail({ writer, workspaceId: 'default', clock, log });
  return {
    trail: () => trail,
    state: () => ({ available: true }),
    onStateChange: () => () => undefined,
    close: () => trail.close(),
    get writer() {
      return absent();
    },
    get search() {
      return absent();
    },
    ...{ retention: absent, status: absent, checkpoint: absent, publicKey: absent },
    ...{ publishedFile: absent, exportEvents: absent, prove: absent },
  };
}
