/** The OCSF 1.8 event that docs/audit-format.md demands for an entry. */

type Json = Readonly<Record<string, unknown>>;

interface Entry extends Json {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly time: string;
  readonly recorded: string;
  readonly workspace: string;
  readonly actor: {
    readonly type: string;
    readonly id: string;
    readonly name: string;
    readonly token?: string;
    readonly address?: string;
  };
  readonly agent?: string;
  readonly machine?: string;
  readonly run?: string;
  readonly request?: string;
  readonly tool?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly durationNs?: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly tokens?: { readonly input?: number; readonly output?: number };
}

const ACTIVITIES = ['Unknown', 'Create', 'Read', 'Update', 'Delete'];
const WORDS: readonly (readonly [number, string])[] = [
  [1, 'create created added issued placed'],
  [2, 'read list export prove'],
  [3, 'set scale scaled rollback restart update updated change changed rotate rotated cancel'],
  [4, 'delete deleted removed revoked released erased collected'],
];
const OTHER = 99;
const UNMAPPED =
  'phase intent agent revision replica machine span parent tool provider model bytes tokens cost payload attributes';
const SEVERITIES: Readonly<Record<string, number>> = { unknown: 2, error: 2, refused: 3 };
const SEVERITY_NAMES = ['Unknown', 'Informational', 'Low', 'Medium'];

function activityOf(kind: string): number {
  const word = kind.split(/[._]/).at(-1) ?? '';
  return WORDS.find(([, words]) => words.split(' ').includes(word))?.[0] ?? OTHER;
}

function milliseconds(time: string): number {
  return Math.floor(
    Date.parse(`${time.slice(0, 19)}Z`) + Number(`${time.slice(20, -1)}000`.slice(0, 3)),
  );
}

function classOf(entry: Entry): number {
  const isRefusedStranger = entry.status === 'refused' && entry.actor.type === 'anonymous';
  if (isRefusedStranger && !entry.kind.startsWith('gateway.')) return 3002;
  const activity = activityOf(entry.kind);
  return activity === 1 || activity === 3 || activity === 4 ? 3004 : 6003;
}

function userOf({ actor }: Entry): Json {
  const type = { human: 1, service: 4, anonymous: 0 }[actor.type] ?? OTHER;
  return {
    uid: actor.id,
    name: actor.name,
    type_id: type,
    type: actor.type,
    ...(actor.token === undefined ? {} : { credential_uid: actor.token }),
  };
}

function ofClass(entry: Entry, classUid: number): Json {
  const dot = entry.kind.lastIndexOf('.');
  const kindHead = entry.kind.slice(0, dot);
  if (classUid === 3002)
    return {
      activity_id: 1,
      activity_name: 'Logon',
      class_name: 'Authentication',
      user: userOf(entry),
      service: { name: 'swarm' },
    };
  const activity = activityOf(entry.kind);
  const named = {
    activity_id: activity,
    activity_name: activity === OTHER ? entry.kind : ACTIVITIES[activity],
  };
  if (classUid === 3004)
    return {
      ...named,
      class_name: 'Entity Management',
      entity: { name: entry.agent ?? kindHead, type: kindHead },
    };
  return { ...named, class_name: 'API Activity', ...apiActivity(entry) };
}

function apiActivity(entry: Entry): Json {
  const { agent, error, machine, model, provider, run, tokens } = entry;
  const endpoint = { svc_name: agent, ...(machine === undefined ? {} : { uid: machine }) };
  const response = error && { error: error.code, error_message: error.message };
  const counts = tokens && {
    prompt_tokens: tokens.input ?? 0,
    completion_tokens: tokens.output ?? 0,
    total_tokens: (tokens.input ?? 0) + (tokens.output ?? 0),
  };
  return {
    api: {
      operation: entry.tool ?? entry.kind,
      request: { uid: entry.request ?? entry.id },
      service: { name: agent ?? provider ?? 'swarm' },
      ...(response === undefined ? {} : { response }),
    },
    ...(agent === undefined ? {} : { dst_endpoint: endpoint }),
    ...(run === undefined ? {} : { trace: { uid: run } }),
    ...(provider === undefined || model === undefined
      ? {}
      : { ai_model: { name: model, ai_provider: provider } }),
    ...(provider === undefined || counts === undefined
      ? {}
      : { message_context: { service: { name: provider }, ...counts } }),
  };
}

function profilesOf(entry: Entry, classUid: number): string[] {
  if (classUid !== 6003) return [];
  const hasAi = entry.provider !== undefined && (entry.model ?? entry.tokens) !== undefined;
  return [...(entry.run === undefined ? [] : ['trace']), ...(hasAi ? ['ai_operation'] : [])];
}

const PRODUCT = { name: 'Swarm', vendor_name: 'Swarm' };

/** @param text the entry's canonical JSON; @throws TypeError for an entry without its fields */
export function ocsfRow(value: Json, text: string): Json {
  const entry = value as Entry;
  const classUid = classOf(entry);
  const own = ofClass(entry, classUid);
  const profiles = profilesOf(entry, classUid);
  const severity = SEVERITIES[entry.status] ?? 1;
  const status = entry.status === 'ok' ? 1 : 'error refused'.includes(entry.status) ? 2 : 0;
  const { actor, durationNs, error } = entry;
  return {
    ...own,
    class_uid: classUid,
    category_uid: Math.floor(classUid / 1000),
    category_name: classUid === 6003 ? 'Application Activity' : 'Identity & Access Management',
    type_uid: classUid * 100 + Number(own.activity_id),
    time: milliseconds(entry.time),
    severity_id: severity,
    severity: SEVERITY_NAMES[severity],
    status_id: status,
    status: ['Unknown', 'Success', 'Failure'][status],
    status_detail: entry.status,
    ...(error === undefined ? {} : { status_code: error.code }),
    message: error?.message ?? entry.kind,
    ...(durationNs === undefined ? {} : { duration: Math.floor(durationNs / 1e6) }),
    actor: { user: userOf(entry) },
    src_endpoint: actor.address === undefined ? { name: actor.id } : { ip: actor.address },
    metadata: {
      version: '1.8.0',
      product: PRODUCT,
      uid: `${entry.workspace}/${entry.seq}`,
      original_event_uid: entry.id,
      event_code: entry.kind,
      log_name: entry.workspace,
      log_provider: 'swarm',
      original_time: entry.time,
      logged_time: milliseconds(entry.recorded),
      sequence: entry.seq,
      tenant_uid: entry.workspace,
      ...(profiles.length === 0 ? {} : { profiles }),
    },
    unmapped: Object.fromEntries(
      UNMAPPED.split(' ').flatMap((name) =>
        entry[name] === undefined ? [] : [[name, entry[name]]],
      ),
    ),
    raw_data: text,
  };
}

/** Of an entry that was erased, only its place and leaf hash are left. */
export function erasedOcsfRow(workspace: string, erased: { seq: number; leafHash: string }): Json {
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
      uid: `${workspace}/${erased.seq}`,
      log_name: workspace,
      sequence: erased.seq,
    },
    unmapped: { seq: erased.seq, leafHash: erased.leafHash, erased: true },
  };
}
