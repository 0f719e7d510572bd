/**
 * What the tab’s one stream has told: agents by name, figures, and events for whoever listens. What
 * is here stays when swarmd goes away; `link` says how old it is.
 */
import type { EventResource } from '../../contracts/event.ts';
import type { LiveMessage, Overview } from '../../contracts/overview.ts';
import type { AgentResource } from '../../contracts/resources.ts';
import { takeFollowed } from './live-follow.ts';

export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** Gone since then (ms since the epoch); the next attempt is under way or soon. */
  | { readonly state: 'lost'; readonly sinceMs: number; readonly why: string };

export interface LiveState {
  readonly link: Link;
  /** By name; undefined before the first message. */
  readonly agents: readonly AgentResource[] | undefined;
  readonly overview: Overview | undefined;
}

let state: LiveState = { link: { state: 'connecting' }, agents: undefined, overview: undefined };
const listeners = new Set<() => void>();
const eventListeners = new Set<(told: EventResource | 'reset') => void>();

export function liveState(): LiveState {
  return state;
}
export function onLive(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
/** `reset`: some may have been missed; whoever keeps a list asks for it anew. */
export function onEvent(listener: (told: EventResource | 'reset') => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}
function set(next: Partial<LiveState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}
export function setLink(link: Link): void {
  set({ link });
}
export function clearLive(): void {
  set({ link: { state: 'connecting' }, agents: undefined, overview: undefined });
}

export function takeMessage(message: LiveMessage): void {
  if (message.type === 'event') tell(message.event);
  else if (message.type === 'reset') tell('reset');
  else if (message.type === 'overview') set({ overview: message.overview });
  else if (isOfAgents(message)) set({ agents: byName(agentsAfter(message)) });
  else takeFollowed(message);
}

type AgentMessage = Extract<LiveMessage, { type: 'agents' | 'agent' | 'agent_deleted' }>;

function isOfAgents(message: LiveMessage): message is AgentMessage {
  return message.type === 'agents' || message.type === 'agent' || message.type === 'agent_deleted';
}

function agentsAfter(message: AgentMessage): readonly AgentResource[] {
  if (message.type === 'agents') return message.agents;
  const name = message.type === 'agent' ? message.agent.name : message.name;
  const others = (state.agents ?? []).filter((agent) => agent.name !== name);
  return message.type === 'agent' ? [...others, message.agent] : others;
}

function tell(told: EventResource | 'reset'): void {
  for (const listener of eventListeners) listener(told);
}

function byName(agents: readonly AgentResource[]): readonly AgentResource[] {
  return agents.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
