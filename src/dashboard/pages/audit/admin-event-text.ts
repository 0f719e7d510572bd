import type { EventResource } from '../../../contracts/event.ts';
import { clientName } from '../../ui/client-name.ts';
import { daysText } from './retention-text.ts';

/** What it was about, in a few words that somebody chose. */
export function adminEventText(
  event: Pick<EventResource, 'agent' | 'error'> & {
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  },
): string {
  const { attributes = {}, agent, error } = event;
  const { what, entries, treeSize } = attributes;
  if (typeof what === 'string' && typeof entries === 'number') return `${entries} entries: ${what}`;
  if (error === undefined && typeof entries === 'number' && treeSize !== undefined)
    return `${entries} entries`;
  const kept = attributes.after ?? attributes.before;
  if (isObject(kept) && 'keepEventsDays' in kept) return retentionText(kept, attributes.after);
  if (isObject(kept) && typeof kept.client === 'string' && kept.client !== '')
    return `${clientName(kept.client)} at ${kept.address}`;
  const named = [
    ...[attributes.secret, attributes.event, attributes.file, attributes.reason],
    ...[nameOf(attributes.after), nameOf(attributes.before)],
    ...[attributes.token, attributes.session, attributes.format, error?.message, agent],
  ];
  return named.find((name) => typeof name === 'string' && name !== '')?.toString() ?? '';
}

function retentionText(kept: Readonly<Record<string, unknown>>, after: unknown): string {
  const who = typeof kept.agent === 'string' ? kept.agent : 'all agents';
  if (!isObject(after)) return `${who}: unset`;
  const text = (days: unknown) => daysText(typeof days === 'number' ? days : null);
  return `${who}: content ${text(kept.keepPayloadsDays)}, events ${text(kept.keepEventsDays)}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function nameOf(resource: unknown): unknown {
  return isObject(resource) ? resource.name : undefined;
}
