import type { EventResource } from '../../../contracts/event.ts';
import { clientName } from '../../ui/client-name.ts';

/** What it was about, in a few words that somebody chose. */
export function adminEventText(
  event: Pick<EventResource, 'agent' | 'error'> & {
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  },
): string {
  const { attributes = {}, agent, error } = event;
  const { what, entries } = attributes;
  if (typeof what === 'string' && typeof entries === 'number') return `${entries} entries: ${what}`;
  const session = attributes.after ?? attributes.before;
  if (isObject(session) && typeof session.client === 'string' && session.client !== '')
    return `${clientName(session.client)} at ${session.address}`;
  const named = [
    ...[attributes.secret, attributes.event, attributes.file, attributes.reason],
    ...[nameOf(attributes.after), nameOf(attributes.before)],
    ...[attributes.token, attributes.session, attributes.format, error?.message, agent],
  ];
  return named.find((name) => typeof name === 'string' && name !== '')?.toString() ?? '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function nameOf(resource: unknown): unknown {
  return isObject(resource) ? resource.name : undefined;
}
