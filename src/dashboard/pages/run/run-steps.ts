/** A run as lines, depth first, with a stack of its own: it is as deep as its senders made it. */
import type { EventResource } from '../../../contracts/event.ts';
import type { RunNode, RunResource } from '../../../contracts/event-query.ts';

export interface RunStep {
  readonly event: EventResource;
  readonly depth: number;
  /** All below it, at any depth: they are the steps that follow it. */
  readonly below: number;
  /** Place of the step that caused it among all steps; -1: none did. */
  readonly parent: number;
  /** From the beginning of the run. */
  readonly startNs: number;
  /** Undefined: it has not ended, or nobody said how long it took. */
  readonly durationNs: number | undefined;
  /** Other runs were in flight: it may be one of them that caused it. */
  readonly uncertain: boolean;
}

export function runSteps(run: RunResource): readonly RunStep[] {
  const steps: Mutable<RunStep>[] = [];
  const stack: { node: RunNode; depth: number; parent: number }[] = [];
  const push = (nodes: readonly RunNode[], depth: number, parent: number) => {
    for (const node of nodes.toReversed()) stack.push({ node, depth, parent });
  };
  push(run.roots, 0, -1);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, depth, parent } = next;
    const at = steps.length;
    steps.push(stepOf(node.event, { depth, parent, startedAt: run.startedAt }));
    push(node.children, depth + 1, at);
  }
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    const parent = steps[step?.parent ?? -1];
    if (step !== undefined && parent !== undefined) parent.below += step.below + 1;
  }
  return steps;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function stepOf(
  event: EventResource,
  { depth, parent, startedAt }: { depth: number; parent: number; startedAt: string },
): Mutable<RunStep> {
  return {
    ...{ event, depth, parent, below: 0 },
    startNs: Math.max(0, nanosecondsBetween(startedAt, event.time)),
    durationNs: event.durationNs,
    uncertain: event.attributes?.certain === false,
  };
}

/** Places of the steps that are not within one that is folded. */
export function visibleSteps(
  steps: readonly RunStep[],
  folded: ReadonlySet<string>,
): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at];
    if (step === undefined) break;
    places.push(at);
    if (folded.has(step.event.id)) at += step.below;
  }
  return places;
}

/** Of two times in UTC with up to nine decimals; exact for runs of up to three months. */
export function nanosecondsBetween(from: string, to: string): number {
  const [a, b] = [parts(from), parts(to)];
  return (b.seconds - a.seconds) * 1e9 + (b.fraction - a.fraction);
}

function parts(time: string): { seconds: number; fraction: number } {
  const match = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(time);
  const ms = Date.parse(`${match?.[1] ?? ''}Z`);
  if (match === null || Number.isNaN(ms)) return { seconds: 0, fraction: 0 };
  return { seconds: ms / 1000, fraction: Number((match[2] ?? '').padEnd(9, '0')) };
}
