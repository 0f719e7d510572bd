/** Where the bars of a run stand. Pure; shares are of the whole width, 0 to 1. */
import type { RunStep } from './run-steps.ts';

export interface Bar {
  readonly left: number;
  readonly width: number;
  /** It goes on. */
  readonly open: boolean;
}
export interface Tick {
  readonly left: number;
  readonly ns: number;
}

const MIN_SPAN_NS = 1_000;

/** From the run’s beginning to its last end; to now while something is open. */
export function spanNs(steps: readonly RunStep[], nowNs: number): number {
  let end = MIN_SPAN_NS;
  for (const { startNs, durationNs, event } of steps)
    end = Math.max(end, event.status === 'open' ? nowNs : startNs + (durationNs ?? 0));
  return end;
}

/** Never outside of the whole, whatever clocks and senders said. */
export function barOf(step: RunStep, { span, nowNs }: { span: number; nowNs: number }): Bar {
  const open = step.event.status === 'open';
  const left = clamp(step.startNs / span);
  const end = open ? nowNs : step.startNs + (step.durationNs ?? 0);
  return { left, width: Math.max(0, clamp(end / span) - left), open };
}

/** Round times, from 0, at most so many. */
export function ticks(span: number, most: number): readonly Tick[] {
  const step = roundStep(span / most);
  const marks: Tick[] = [];
  for (let ns = 0; ns <= span && marks.length <= most; ns += step)
    marks.push({ ns, left: ns / span });
  return marks;
}

/** 1, 2 or 5 of something; above a minute in minutes, above an hour in hours. */
function roundStep(atLeast: number): number {
  for (const unit of [60e9, 3_600e9]) {
    const found = [1, 2, 5, 10, 15, 30].map((n) => n * unit).find((ns) => ns >= atLeast);
    if (found !== undefined && atLeast > unit / 2) return found;
  }
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return [1, 2, 5, 10].map((n) => n * ten).find((ns) => ns >= atLeast) ?? 10 * ten;
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}
