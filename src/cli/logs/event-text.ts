/** Events as rows and words for people. Pure; whatever a guest could have written is made printable. */
import type { EventResource, EventTokens } from '../../contracts/event.ts';
import { changeLines } from '../audit/change-lines.ts';
import type { Colors } from '../output/output.ts';
import { durationText, printable } from '../output/text.ts';

/** On one line: what somebody else wrote could hold a line break or a tab. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}

/** `2026-01-31 13:00:00.123`, in this machine's zone. */
export function localTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return oneLine(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function statusText(status: EventResource['status'], colors: Colors): string {
  if (status === 'ok') return colors.green(status);
  if (status === 'error') return colors.red(status);
  if (status === 'open') return colors.cyan(status);
  return status === 'refused' ? colors.yellow(status) : colors.magenta(status);
}

export function tookText(durationNs: number | null | undefined): string {
  return durationNs === undefined || durationNs === null ? '' : durationText(durationNs / 1e6);
}

/** `1200 → 56`: in and out. */
export function tokensText(tokens: EventTokens | undefined): string {
  if (tokens?.input === undefined && tokens?.output === undefined) return '';
  return `${tokens.input ?? 0} → ${tokens.output ?? 0}`;
}

export function costText(cost: { amount: string; currency: string } | undefined): string {
  return cost === undefined ? '' : `${cost.amount} ${cost.currency}`;
}

/** `desk`, or `desk/0` with its replica. */
export function agentText(event: EventResource): string {
  if (event.agent === undefined) return '';
  return oneLine(event.replica === undefined ? event.agent : `${event.agent}/${event.replica}`);
}

/** Ids of runs are long; their beginning tells a few apart, and `swarm run show` takes it. */
export const SHORT_RUN = 8;

/** Attributes that the rest of a row says already, or that only the full view has room for. */
const ELSEWHERE = new Set([
  ...['method', 'path', 'statusCode', 'firstByteNs', 'attempts', 'before', 'after'],
]);
const MAX_FACTS = 3;
const MAX_FACT_LENGTH = 60;

/** What it was: `POST /invoke → 200`, a tool or a model, what changed, its error, and who did it. */
export function summaryText(event: EventResource): string {
  const attributes = event.attributes ?? {};
  const request = [attributes.method, attributes.path].filter((part) => part !== undefined);
  const answer = attributes.statusCode;
  const what = [
    request.length === 0
      ? undefined
      : `${request.join(' ')}${answer === undefined ? '' : ` → ${answer}`}`,
    event.tool,
    event.model,
    request.length === 0 && event.kind.startsWith('machine.') ? event.machine : undefined,
    ...changeFacts(attributes),
    ...plainFacts(attributes),
    event.error === undefined ? undefined : `${event.error.code}: ${event.error.message}`,
  ].filter((part) => part !== undefined && part !== '');
  return oneLine([...what, `by ${event.actor.name}`].join(' · '));
}

/** Of a change to something that was there: how it stands now. */
function changeFacts({ before, after }: Record<string, unknown>): string[] {
  if (before === undefined || before === null) return [];
  const made = changeLines(before, after).filter(({ sign }) => sign === '+');
  return made.slice(0, MAX_FACTS).map(({ text }) => cut(text));
}

function plainFacts(attributes: Record<string, unknown>): string[] {
  return Object.entries(attributes)
    .filter(([name, value]) => !ELSEWHERE.has(name) && typeof value !== 'object')
    .sort(([, a], [, b]) => Number(isId(a)) - Number(isId(b)))
    .slice(0, MAX_FACTS)
    .map(([name, value]) => cut(`${name} ${value}`));
}

/** Ids of ours say least to a reader, so they come last. */
function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z]{3}_[0-9a-z]{20}$/.test(value);
}

function cut(text: string): string {
  return text.length > MAX_FACT_LENGTH ? `${text.slice(0, MAX_FACT_LENGTH)}…` : text;
}

export const EVENT_HEADERS = [
  ...['ID', 'TIME', 'KIND', 'AGENT', 'STATUS', 'TOOK', 'TOKENS', 'COST', 'RUN', 'SUMMARY'],
] as const;

/** `ids`: else that column is empty, and takes no room. */
export function eventRow(
  event: EventResource,
  { colors, ids }: { colors: Colors; ids: boolean },
): string[] {
  return [
    ids ? oneLine(event.id) : '',
    localTime(event.time),
    event.kind,
    agentText(event),
    statusText(event.status, colors),
    tookText(event.durationNs),
    tokensText(event.tokens),
    costText(event.cost),
    event.run?.slice(0, SHORT_RUN) ?? '',
    summaryText(event),
  ];
}
