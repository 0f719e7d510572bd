/** An event in full, for people. Pure. */
import type { AuditStatus } from '../../contracts/audit-status.ts';
import type { BodyRecord, EventResource, StoredBody } from '../../contracts/event.ts';
import { costText, localTime, oneLine, statusText, tookText } from '../logs/event-text.ts';
import type { Colors } from '../output/output.ts';
import { bytesText, printable } from '../output/text.ts';
import { changeLines } from './change-lines.ts';

const LABEL_WIDTH = 11;

export function eventLines(
  event: EventResource,
  { colors, status }: { colors: Colors; status: AuditStatus },
): string[] {
  const row = (label: string, parts: readonly (string | undefined)[]) => {
    const said = parts.filter((part) => part !== undefined && part !== '').join(', ');
    return said === '' ? [] : [`${colors.dim(label.padEnd(LABEL_WIDTH))}${oneLine(said)}`];
  };
  return [
    `${colors.bold(oneLine(event.id))}  ${event.kind}  ${statusText(event.status, colors)}`,
    ...row('time', [`${localTime(event.time)} (${event.time})`]),
    ...(event.recorded === event.time ? [] : row('recorded', [event.recorded])),
    ...row('actor', [actorText(event)]),
    ...row('agent', [
      event.agent,
      numbered('revision', event.revision),
      numbered('replica', event.replica),
      event.machine,
    ]),
    ...row('run', [event.run, named('span', event.span), named('caused by', event.parent)]),
    ...row('request', [event.request]),
    ...row('tool', [event.tool]),
    ...row('model', [event.model, event.provider]),
    ...row('took', [tookText(event.durationNs)]),
    ...row('bytes', [
      event.bytes?.in === undefined ? undefined : `${bytesText(event.bytes.in)} in`,
      event.bytes?.out === undefined ? undefined : `${bytesText(event.bytes.out)} out`,
    ]),
    ...row(
      'tokens',
      Object.entries(event.tokens ?? {}).map(([name, count]) => `${name} ${count}`),
    ),
    ...row('cost', [costText(event.cost), event.cost && `prices ${event.cost.prices}`]),
    ...row('error', [event.error && `${event.error.code}: ${event.error.message}`]),
    ...attributeLines(event, colors),
    ...bodyLines(event, colors),
    ...proofLines(event, { colors, status }),
  ];
}

function numbered(word: string, value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${word} ${value}`;
}

function named(word: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${word} ${value}`;
}

function actorText({ actor }: EventResource): string {
  const how = actor.token === undefined ? actor.auth : `${actor.auth} ${actor.token}`;
  const from = actor.address === undefined ? '' : ` from ${actor.address}`;
  return `${actor.name} (${actor.type} ${actor.id}, auth ${how})${from}`;
}

function attributeLines({ attributes = {} }: EventResource, colors: Colors): string[] {
  const { before, after, ...rest } = attributes;
  const plain = Object.entries(rest).map(
    ([name, value]) =>
      `  ${colors.dim(oneLine(name))} ${oneLine(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const changes = changeLines(before, after).map(({ sign, text }) =>
    (sign === '-' ? colors.red : colors.green)(`  ${sign} ${oneLine(text)}`),
  );
  return [
    ...(plain.length === 0 ? [] : [colors.dim('attributes'), ...plain]),
    ...(changes.length === 0 ? [] : [colors.dim('change'), ...changes]),
  ];
}

function bodyLines({ payload, content }: EventResource, colors: Colors): string[] {
  const lines = (['request', 'response'] as const).flatMap((side) => {
    const record = payload?.[side];
    if (record === undefined) return [];
    const kept = content?.[side];
    return [
      `${colors.dim(`${side} body`)} ${bodyRecordText(record)}`,
      ...(kept === undefined ? [] : storedLines(kept)),
    ];
  });
  if (payload === undefined) return lines;
  const gone = content === null ? ['  (erased by retention; its commitment stays)'] : [];
  return [...lines, ...gone, `${colors.dim('policy'.padEnd(LABEL_WIDTH))}${payload.policy}`];
}

function bodyRecordText(record: BodyRecord): string {
  const said = [
    bytesText(record.bytes),
    record.contentType,
    record.truncated === true ? 'its beginning is kept' : undefined,
    record.redactions === undefined ? undefined : `${record.redactions} taken out`,
    record.sha256 === undefined ? undefined : `sha256 ${record.sha256}`,
  ];
  return oneLine(said.filter((part) => part !== undefined).join(', '));
}

function storedLines({ encoding, body }: StoredBody): string[] {
  if (encoding === 'base64') return [`  base64 ${oneLine(body)}`];
  let text = body;
  try {
    text = JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    // Shown as it came.
  }
  return text.split('\n').map((line) => `  ${printable(line)}`);
}

function proofLines(
  event: EventResource,
  { colors, status }: { colors: Colors; status: AuditStatus },
): string[] {
  const last = event.completedSeq ?? event.seq;
  const entries =
    event.completedSeq === undefined
      ? `entry ${event.seq}`
      : `entries ${event.seq} and ${event.completedSeq}`;
  const size = status.checkpoint?.size ?? 0;
  const covered =
    last < size ? `, under the checkpoint of ${size}` : ', not yet under a checkpoint';
  return [
    `${colors.dim('proof'.padEnd(LABEL_WIDTH))}${entries} of ${oneLine(status.origin)}${covered}: swarm audit prove ${oneLine(event.id)}`,
  ];
}
