import type { DeploymentEvent } from '../../../../contracts/resources.ts';

export interface StepProgress {
  readonly step: string;
  readonly state: 'started' | 'progress' | 'done' | 'failed' | 'undone';
  readonly startedAt: string;
  readonly durationMs: number | undefined;
  readonly detail: string | undefined;
  /** 0 to 1. */
  readonly fraction: number | undefined;
}
export interface LogPart {
  readonly seq: number;
  readonly from: 'build' | 'agent' | 'swarm';
  readonly text: string;
}
export interface Progress {
  readonly steps: readonly StepProgress[];
  /** The newest 5,000 lines. */
  readonly log: readonly LogPart[];
  readonly dropped: number;
  readonly finished: boolean;
}

export const NO_PROGRESS: Progress = { steps: [], log: [], dropped: 0, finished: false };
const MAX_LOG = 5_000;
const MAX_STEPS = 100;

/** What is known after more events. */
export function advance(before: Progress, events: readonly DeploymentEvent[]): Progress {
  const steps = [...before.steps];
  const log = [...before.log];
  let finished = before.finished;
  for (const event of events) {
    if (event.type === 'step') takeStep(steps, event);
    else if (event.type === 'log') {
      const { seq, from, text } = event;
      log.push({ seq, from, text });
    } else finished = true;
  }
  const over = Math.max(0, log.length - MAX_LOG);
  return { steps, log: log.slice(over), dropped: before.dropped + over, finished };
}

type StepEvent = Extract<DeploymentEvent, { type: 'step' }>;

function takeStep(steps: StepProgress[], event: StepEvent): void {
  const at = steps.findIndex(({ step }) => step === event.step);
  const known = steps[at];
  const next: StepProgress = {
    step: event.step,
    state: event.state,
    startedAt: known === undefined || event.state === 'started' ? event.time : known.startedAt,
    durationMs: event.durationMs ?? (event.state === 'undone' ? known?.durationMs : undefined),
    // What was waited for last is no news once it is done.
    detail: event.detail ?? (event.state === 'done' ? undefined : known?.detail),
    fraction: event.state === 'progress' ? event.fraction : undefined,
  };
  if (known !== undefined) steps[at] = next;
  else if (steps.length < MAX_STEPS) steps.push(next);
}
