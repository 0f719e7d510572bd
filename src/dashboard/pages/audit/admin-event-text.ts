import type { EventResource } from '../../../contracts/event.ts';

/** What it was about, in a few words that somebody chose. */
export function adminEventText(
  event: Pick<EventResource, 'agent' | 'error'> & {
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  },
): string {
  const { attributes = {}, agent, error } = event;
  const { what, entries } = attributes;
  if (typeof what === 'string' && typeof entries === 'number') return `${entries} entries: ${what}`;
  const named = [
    ...[attributes.secret, attributes.event, attributes.file, attributes.reason],
    ...[nameOf(attributes.after), nameOf(attributes.before)],
    ...[attributes.token, attributes.session, attributes.format, error?.message, agent],
  ];
  return named.find((name) => typeof name === 'string' && name !== '')?.toString() ?? '';
}

function nameOf(resource: unknown): unknown {
  if (typeof resource !== 'object' || resource === null) return undefined;
  return 'name' in resource ? resource.name : undefined;
}
