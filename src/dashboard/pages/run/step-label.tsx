import { Bot, CircleDot, Globe, LogIn, type LucideIcon, Wrench } from 'lucide-react';
import type { EventResource } from '../../../contracts/event.ts';
import { HostileText } from '../../ui/hostile-text.tsx';
import { nameOf, whatText } from '../calls/call-row.ts';

export type StepRole = 'agent' | 'model' | 'tool' | 'host' | 'other';

/** What a step was to the run. */
export function stepRole({ kind, tool, model }: EventResource): StepRole {
  if (tool !== undefined) return 'tool';
  if (model !== undefined) return 'model';
  if (kind.startsWith('gateway.')) return 'agent';
  return kind.startsWith('egress.') ? 'host' : 'other';
}

const ICONS: Readonly<Record<StepRole, LucideIcon>> = {
  agent: LogIn,
  model: Bot,
  tool: Wrench,
  host: Globe,
  other: CircleDot,
};
const WORDS: Readonly<Record<StepRole, string>> = {
  agent: 'Call to an agent',
  model: 'Call to a model',
  tool: 'Call of a tool',
  host: 'Call to a host',
  other: 'Event',
};

/** What it was and what it was about. */
export function StepLabel({ event }: { readonly event: EventResource }) {
  const role = stepRole(event);
  const Icon = ICONS[role];
  const place = role === 'agent' ? event.agent : role === 'other' ? event.kind : undefined;
  const name = nameOf(event) ?? place;
  return (
    <>
      <Icon className="mr-1.5 inline size-4 shrink-0 text-muted" aria-label={WORDS[role]} />
      {name !== undefined && <HostileText text={name} max={80} className="mr-2 font-medium" />}
      <HostileText text={whatText(event)} max={160} className="font-mono text-muted text-xs" />
    </>
  );
}
