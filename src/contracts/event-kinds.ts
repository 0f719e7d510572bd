/**
 * Kinds of events are declared in the area that emits them, once, in a file `events.ts`:
 *
 *   export const gatewayEvents = defineEvents({
 *     'gateway.call': { summary: 'A call to an agent, and how it was answered.' },
 *   });
 *   trail.record({ kind: gatewayEvents['gateway.call'], … });
 *
 * An emitter takes an EventKind and no text, so an undeclared kind cannot be written. Every
 * declaration lands in one catalogue, which docs/reference/events.md is made from.
 */

/** Of the schema in event.ts. It stands here because the writer's thread does without zod. */
export const EVENT_VERSION = 1;

/** `area.thing`: gateway.call, deployment.started. */
export const EVENT_KIND_PATTERN = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/;
/** As a search term: a kind, or all below one: `gateway.*`. */
export const KIND_TERM_PATTERN = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\.([a-z][a-z0-9_]*|\*)$/;
export const KIND_TERM_FAULT = 'must be a kind such as gateway.call, or gateway.* for all below it';
export const MAX_EVENT_KIND_LENGTH = 100;

export interface EventDeclaration {
  /** A sentence for the reference. */
  readonly summary: string;
  /** What its attributes mean, by name. */
  readonly attributes?: Readonly<Record<string, string>>;
}

declare const kindBrand: unique symbol;
export type EventKind = string & { readonly [kindBrand]: true };

const catalogue = new Map<string, EventDeclaration>();

/** @throws Error for a name that is malformed or declared twice, which is a bug */
export function defineEvents<const T extends Record<string, EventDeclaration>>(
  declarations: T,
): { readonly [Name in keyof T]: EventKind } {
  const kinds: Record<string, EventKind> = {};
  for (const [name, declaration] of Object.entries(declarations)) {
    if (catalogue.has(name)) throw new Error(`event kind ${name} is declared twice`);
    if (!EVENT_KIND_PATTERN.test(name) || name.length > MAX_EVENT_KIND_LENGTH)
      throw new Error(`event kind ${name} is malformed`);
    catalogue.set(name, declaration);
    kinds[name] = name as EventKind;
  }
  return kinds as { readonly [Name in keyof T]: EventKind };
}

/** All kinds declared by the modules loaded so far, by name. */
export function eventCatalogue(): ReadonlyMap<string, EventDeclaration> {
  return catalogue;
}
