/**
 * An entry as an event of OCSF 1.8: calls are API Activity (6003), changes of things Entity
 * Management (3004), strangers turned away Authentication (3002). docs/audit-format.md has the
 * table that a verifier makes the same event from.
 */
import type { AuditEntry, EventStatus } from '../../contracts/event.ts';

const API_ACTIVITY = 6003;
const ENTITY_MANAGEMENT = 3004;
const AUTHENTICATION = 3002;
const OTHER = 99;

const ACTIVITY_NAMES: Readonly<Record<number, string>> = {
  1: 'Create',
  2: 'Read',
  3: 'Update',
  4: 'Delete',
};

/** By the last word of the kind. */
const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ...['create', 'created', 'added', 'issued', 'placed'].map((word) => [word, 1] as const),
  ...['read', 'list', 'export', 'prove'].map((word) => [word, 2] as const),
  ...['set', 'scale', 'scaled', 'rollback', 'restart', 'update', 'updated'].map(
    (word) => [word, 3] as const,
  ),
  ...['change', 'changed', 'rotate', 'rotated', 'cancel'].map((word) => [word, 3] as const),
  ...['delete', 'deleted', 'removed', 'revoked', 'released', 'erased', 'collected'].map(
    (word) => [word, 4] as const,
  ),
]);

const USER_TYPES: Readonly<Record<string, number>> = { anonymous: 0, human: 1, service: 4 };

const OUTCOMES: Readonly<Record<EventStatus, { status: number; severity: number }>> = {
  open: { status: 0, severity: 1 },
  ok: { status: 1, severity: 1 },
  error: { status: 2, severity: 2 },
  refused: { status: 2, severity: 3 },
  unknown: { status: 0, severity: 2 },
};
const STATUS_NAMES = ['Unknown', 'Success', 'Failure'] as const;
const SEVERITY_NAMES: Readonly<Record<number, string>> = {
  1: 'Informational',
  2: 'Low',
  3: 'Medium',
};

const PRODUCT = { name: 'Swarm', vendor_name: 'Swarm' } as const;

interface OcsfClass {
  readonly class_uid: number;
  readonly class_name: string;
  readonly activity_id: number;
  readonly activity_name: string | undefined;
  readonly profiles?: readonly string[];
  readonly own: Readonly<Record<string, unknown>>;
}

function classify(entry: AuditEntry): OcsfClass {
  const { actor, kind, status } = entry;
  if (status === 'refused' && actor.type === 'anonymous' && !kind.startsWith('gateway.'))
    return {
      class_uid: AUTHENTICATION,
      class_name: 'Authentication',
      activity_id: 1,
      activity_name: 'Logon',
      own: { user: userOf(entry), service: { name: 'swarm' } },
    };
  const activity = ACTIVITIES.get(kind.slice(lastBoundary(kind) + 1)) ?? OTHER;
  const named = { activity_id: activity, activity_name: ACTIVITY_NAMES[activity] ?? kind };
  if (activity === 1 || activity === 3 || activity === 4) {
    const type = kind.slice(0, kind.lastIndexOf('.'));
    return {
      ...named,
      class_uid: ENTITY_MANAGEMENT,
      class_name: 'Entity Management',
      own: { entity: { name: entry.agent ?? type, type } },
    };
  }
  return { ...named, class_uid: API_ACTIVITY, class_name: 'API Activity', ...apiActivity(entry) };
}

function lastBoundary(kind: string): number {
  return Math.max(kind.lastIndexOf('.'), kind.lastIndexOf('_'));
}

function apiActivity(entry: AuditEntry): Pick<OcsfClass, 'own' | 'profiles'> {
  const { agent, error, machine, model, provider, run, tokens } = entry;
  const hasModel = provider !== undefined && model !== undefined;
  const hasTokens = provider !== undefined && tokens !== undefined;
  return {
    profiles: [
      ...(run === undefined ? [] : ['trace']),
      ...(hasModel || hasTokens ? ['ai_operation'] : []),
    ],
    own: {
      api: {
        operation: entry.tool ?? entry.kind,
        request: { uid: entry.request ?? entry.id },
        service: { name: agent ?? provider ?? 'swarm' },
        ...(error && { response: { error: error.code, error_message: error.message } }),
      },
      ...(agent !== undefined && {
        dst_endpoint: { svc_name: agent, ...(machine !== undefined && { uid: machine }) },
      }),
      ...(run !== undefined && { trace: { uid: run } }),
      ...(hasModel && { ai_model: { name: model, ai_provider: provider } }),
      ...(hasTokens && {
        message_context: { service: { name: provider }, ...tokenCounts(tokens) },
      }),
    },
  };
}

function tokenCounts({ input = 0, output = 0 }: NonNullable<AuditEntry['tokens']>) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function userOf({ actor }: AuditEntry) {
  return {
    uid: actor.id,
    name: actor.name,
    type_id: USER_TYPES[actor.type] ?? OTHER,
    type: actor.type,
    ...(actor.token !== undefined && { credential_uid: actor.token }),
  };
}

/** Milliseconds since 1970, of a time in UTC with any number of digits behind the point. */
function timeMs(time: string): number {
  const fraction = /\.(\d{1,3})/.exec(time)?.[1] ?? '';
  return Date.parse(`${time.slice(0, 19)}Z`) + Number(fraction.padEnd(3, '0'));
}

/** What OCSF has no attribute for, or not on every class. */
function unmappedOf(entry: AuditEntry) {
  const { phase, intent, agent, revision, replica, machine, span, parent } = entry;
  const { tool, provider, model, bytes, tokens, cost, payload, attributes } = entry;
  return {
    ...{ phase, intent, agent, revision, replica, machine, span, parent },
    ...{ tool, provider, model, bytes, tokens, cost, payload, attributes },
  };
}

function metadataOf(entry: AuditEntry, profiles: readonly string[]) {
  return {
    version: '1.8.0',
    product: PRODUCT,
    uid: `${entry.workspace}/${entry.seq}`,
    original_event_uid: entry.id,
    event_code: entry.kind,
    log_name: entry.workspace,
    log_provider: 'swarm',
    original_time: entry.time,
    logged_time: timeMs(entry.recorded),
    sequence: entry.seq,
    tenant_uid: entry.workspace,
    ...(profiles.length > 0 && { profiles }),
  };
}

/** @param text the entry's canonical JSON */
export function ocsfEvent(entry: AuditEntry, text: string): object {
  const { own, profiles = [], ...classified } = classify(entry);
  const { status, severity } = OUTCOMES[entry.status];
  const { actor, durationNs, error } = entry;
  const isApiActivity = classified.class_uid === API_ACTIVITY;
  return {
    ...classified,
    category_uid: isApiActivity ? 6 : 3,
    category_name: isApiActivity ? 'Application Activity' : 'Identity & Access Management',
    type_uid: classified.class_uid * 100 + classified.activity_id,
    time: timeMs(entry.time),
    severity_id: severity,
    severity: SEVERITY_NAMES[severity],
    status_id: status,
    status: STATUS_NAMES[status],
    status_detail: entry.status,
    ...(error && { status_code: error.code }),
    message: error?.message ?? entry.kind,
    ...(durationNs !== undefined && { duration: Math.floor(durationNs / 1e6) }),
    actor: { user: userOf(entry) },
    src_endpoint: actor.address === undefined ? { name: actor.id } : { ip: actor.address },
    ...own,
    metadata: metadataOf(entry, profiles),
    unmapped: unmappedOf(entry),
    raw_data: text,
  };
}

/** Of an entry that was erased only its place and its leaf hash are left: a Base Event. */
export function erasedOcsfEvent(erased: {
  readonly seq: number;
  readonly leafHash: string;
  readonly workspaceId: string;
}): object {
  const { seq, leafHash, workspaceId } = erased;
  return {
    activity_id: 0,
    category_uid: 0,
    class_uid: 0,
    type_uid: 0,
    class_name: 'Base Event',
    time: 0,
    severity_id: 1,
    metadata: {
      version: '1.8.0',
      product: PRODUCT,
      uid: `${workspaceId}/${seq}`,
      log_name: workspaceId,
      sequence: seq,
    },
    unmapped: { seq, leafHash, erased: true },
  };
}
