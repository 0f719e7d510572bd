/** Whether a deployment goes on waiting for its machines: pure. */
import type { RolloutSlot, RolloutStatus } from '../fleet/fleet.ts';

/**
 * Failures in a row of one replica after which a deployment ends: one may be bad luck, two are a
 * loop. What cannot get better by itself ends it at once.
 */
export const FAILURES_ALLOWED = 1;
const HOPELESS_CODES = new Set([
  'process_start_failed',
  'image_missing',
  'nobody_listens',
  'health_check_failed',
]);

export type Judgement =
  | { readonly type: 'healthy' }
  | { readonly type: 'waiting'; readonly healthy: number; readonly detail: string }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
      readonly replica: number;
      readonly machineId: string;
      readonly details: Readonly<Record<string, unknown>>;
    };

export function judgeRollout({ slots }: RolloutStatus): Judgement {
  for (const place of slots) {
    const failed = judgeSlot(place);
    if (failed !== undefined) return failed;
  }
  const ready = slots.filter(
    ({ slot, machine }) => slot?.state === 'completed' || machine?.state === 'healthy',
  );
  if (ready.length === slots.length) return { type: 'healthy' };
  return { type: 'waiting', healthy: ready.length, detail: describeWait({ slots }) };
}

/** What the first replica that is not healthy waits for. */
export function describeWait({ slots }: Pick<RolloutStatus, 'slots'>): string {
  const place = slots.find(
    ({ slot, machine }) => slot?.state !== 'completed' && machine?.state !== 'healthy',
  );
  if (place === undefined) return 'all replicas are healthy';
  const { replica, slot, machine, lastProbe } = place;
  const who = `replica ${replica}`;
  if (slot?.state === 'waiting') return `${who} waits before it starts again: ${slot.reason}`;
  if (machine === undefined || machine.startedAtMs === null) return `${who} boots`;
  return `${who}: ${lastProbe?.detail ?? 'no health check was made yet'}`;
}

function judgeSlot({ replica, slot }: RolloutSlot): Judgement | undefined {
  const failure = slot?.failure;
  if (slot === undefined || failure === undefined || failure === null) return undefined;
  const over =
    slot.state === 'given_up' ||
    slot.failures > FAILURES_ALLOWED ||
    (slot.failures > 0 && HOPELESS_CODES.has(failure.code));
  if (!over) return undefined;
  const again = slot.failures > 1 ? `, ${slot.failures} times in a row` : '';
  return {
    type: 'failed',
    code: failure.code,
    message: `Replica ${replica}: ${failure.message}${again}.`,
    remedy: failure.remedy,
    replica,
    machineId: failure.machineId,
    details: { ...failure.details, replica },
  };
}
