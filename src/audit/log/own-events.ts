/** What the log writes down about itself. */
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import type { AppendItem } from '../ports.ts';
import { logEvents } from './events.ts';

type Attributes = NonNullable<AppendItem['draft']['attributes']>;

export function repairedEvent(attributes: {
  readonly file?: string;
  readonly offset?: number;
  readonly bytes?: number;
  readonly tiles: number;
}): AppendItem {
  return ownEvent(logEvents['audit.repaired'], { ...attributes });
}

export function recoveredEvent(attributes: {
  readonly reason: string;
  readonly refused: number;
  readonly since: string;
}): AppendItem {
  return ownEvent(logEvents['audit.recovered'], { ...attributes });
}

function ownEvent(kind: EventKind, attributes: Attributes): AppendItem {
  return { draft: { kind, actor: serviceEventActor('audit'), attributes, phase: 'whole' } };
}
