/** What the log says of verifications: read through the index, so that a restart forgets none. */
import { isoTime } from '../../base/clock.ts';
import { type AuditVerification, auditVerification } from '../../contracts/audit-verification.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { AuditSearch } from '../ports.ts';
import { verificationEvents } from './events.ts';

const NS_PER_MS = 1_000_000;

export interface UnfinishedVerification {
  readonly event: string;
  readonly time: string;
  readonly by: string;
  readonly reason: string;
}

export interface PastVerifications {
  readonly last: AuditVerification | null;
  /** The newest attempt, if it came to no verdict. */
  readonly unfinished: UnfinishedVerification | null;
}

/** Of a verdict; others may be added: a reader takes what it knows. */
const attributes = auditVerification
  .pick({ entries: true, treeSize: true, rootHash: true })
  .extend({
    findings: auditVerification.shape.findings.default(0),
    problem: auditVerification.shape.problem.default(null),
  });

/** @throws audit_index_unavailable */
export async function pastVerifications(
  search: Pick<AuditSearch, 'list'>,
  workspaceId: string,
): Promise<PastVerifications> {
  const newest = async (kind: readonly string[]) => {
    const page = await search.list(workspaceId, { kind: [...kind] }, { order: 'desc', limit: 1 });
    return page.items[0];
  };
  const told = await newest([
    verificationEvents['audit.verified'],
    verificationEvents['audit.verification_failed'],
  ]);
  const broken = await newest([verificationEvents['audit.verification_unfinished']]);
  const isNewest = broken !== undefined && (told === undefined || broken.seq > told.seq);
  return {
    last: told === undefined ? null : verificationOf(told),
    unfinished: isNewest ? unfinishedOf(broken) : null,
  };
}

function verificationOf(event: EventResource): AuditVerification | null {
  const said = attributes.safeParse(event.attributes);
  if (!said.success) return null;
  const { id, actor, durationNs = 0 } = event;
  const isIntact = event.kind === verificationEvents['audit.verified'];
  return {
    ...{ event: id, time: timeOf(event), by: actor.name, ...said.data },
    verdict: isIntact ? 'intact' : 'damaged',
    durationMs: durationNs / NS_PER_MS,
  };
}

function unfinishedOf(event: EventResource): UnfinishedVerification {
  const { id, actor, error } = event;
  return { event: id, time: timeOf(event), by: actor.name, reason: error?.message ?? '' };
}

const timeOf = ({ time }: EventResource) => isoTime(Date.parse(time));
