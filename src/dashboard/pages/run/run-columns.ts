import type { EventTokens } from '../../../contracts/event.ts';

export interface RunColumn {
  readonly id:
    | 'step'
    | 'status'
    | 'took'
    | 'in'
    | 'out'
    | 'cached'
    | 'written'
    | 'thought'
    | 'cost'
    | 'tokens'
    | 'bar';
  readonly title: string;
  /** A track of CSS grid. */
  readonly width: string;
  readonly align?: 'right';
}

const STEP: RunColumn = { id: 'step', title: 'Step', width: 'minmax(0,1fr)' };
const STATUS: RunColumn = { id: 'status', title: 'Status', width: '4.5rem' };
const TOOK: RunColumn = { id: 'took', title: 'Took', width: '5rem', align: 'right' };
const COST: RunColumn = { id: 'cost', title: 'Cost', width: '6rem', align: 'right' };
const TOKENS: readonly (RunColumn & { readonly counts: keyof EventTokens })[] = [
  { id: 'in', counts: 'input', title: 'Tokens in', width: '5.5rem', align: 'right' },
  { id: 'out', counts: 'output', title: 'Tokens out', width: '5.5rem', align: 'right' },
  { id: 'cached', counts: 'cacheRead', title: 'From cache', width: '5.5rem', align: 'right' },
  { id: 'written', counts: 'cacheWrite', title: 'Into cache', width: '5.5rem', align: 'right' },
  { id: 'thought', counts: 'reasoning', title: 'Thought', width: '5rem', align: 'right' },
];

/** Where time takes the room: what it read and what it wrote. */
const BOTH: RunColumn = { id: 'tokens', title: 'Tokens in / out', width: '7rem', align: 'right' };

export type RunView = 'waterfall' | 'tree';

interface Room {
  /** `narrow`: a phone; `beside`: a tablet, or with a panel beside it. */
  readonly room: 'wide' | 'beside' | 'narrow';
  /** What no step has needs no column. */
  readonly tokens: EventTokens;
}

/** What there is room for. */
export function runColumns(view: RunView, { room, tokens }: Room): readonly RunColumn[] {
  const bar = (width: string): RunColumn => ({ id: 'bar', title: 'Time', width });
  if (room === 'narrow')
    return view === 'tree' ? [STEP, { ...COST, width: '4.5rem' }] : [STEP, bar('35%')];
  const counted = TOKENS.filter(({ counts }) => tokens[counts] !== undefined);
  if (view === 'tree')
    return room === 'wide' ? [STEP, STATUS, TOOK, ...counted, COST] : [STEP, STATUS, TOOK, COST];
  if (room !== 'wide') return [STEP, TOOK, bar('40%')];
  const both = counted.length > 0 ? [BOTH] : [];
  return [STEP, STATUS, TOOK, ...both, COST, bar('minmax(0,1.3fr)')];
}
