/** Settings and holds as they are changed: each change is an event, begun before it is made. */
import { type Clock, isoTime } from '../../base/clock.ts';
import { describeError, SwarmError } from '../../base/errors.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import type {
  HoldBody,
  HoldResource,
  RetentionBody,
  RetentionSetting,
} from '../../contracts/retention.ts';
import type { EventDraft, Trail } from '../../contracts/trail.ts';
import type { AuditHoldRow, AuditRetentionRow, AuditRetentionStore } from '../../store/store.ts';
import { retentionErrors } from './errors.ts';
import { retentionEvents } from './events.ts';

/** Who changes it, and in the course of what. */
export type ChangedBy = Pick<
  EventDraft,
  'actor' | 'request' | 'run' | 'span' | 'parent' | 'attributes'
>;

export interface PolicyChanges {
  set(body: RetentionBody, by: ChangedBy): Promise<RetentionSetting>;
  /** @throws audit_retention_not_found */
  unset(agent: string | null, by: ChangedBy): Promise<void>;
  /** @throws audit_hold_exists */
  place(body: HoldBody, by: ChangedBy): Promise<HoldResource>;
  /** @throws audit_hold_not_found */
  release(name: string, by: ChangedBy): Promise<void>;
}

interface Change {
  readonly kind: EventKind;
  readonly agent: string | null;
  readonly before: Readonly<Record<string, string | number | null>> | null;
  readonly after: Readonly<Record<string, string | number | null>> | null;
}

/** All of them throw audit_unavailable, and then change nothing. */
export function createPolicyChanges(options: {
  readonly store: AuditRetentionStore;
  readonly trail: Pick<Trail, 'begin' | 'record'>;
  readonly workspaceId: string;
  readonly clock: Clock;
}): PolicyChanges {
  const { store, trail, workspaceId, clock } = options;

  async function audited(by: ChangedBy, change: Change, apply: () => Promise<void>) {
    const event = await trail.begin(draftOf(by, change));
    try {
      await apply();
    } catch (error) {
      const code = error instanceof SwarmError ? error.code : 'internal_error';
      await event.complete({ status: 'error', error: { code, message: messageOf(error) } });
      throw error;
    }
    await event.complete({ status: 'ok' });
  }

  async function refuse(by: ChangedBy, change: Change, error: SwarmError): Promise<never> {
    await trail.record({
      ...draftOf(by, change),
      status: 'refused',
      error: { code: error.code, message: messageOf(error) },
    });
    throw error;
  }

  async function settingOf(agent: string | null) {
    const rows = await store.settings(workspaceId);
    return rows.find((row) => row.agent === agent);
  }

  async function holdOf(name: string) {
    return (await store.holds(workspaceId)).find((row) => row.name === name);
  }

  return {
    async set({ agent, keepPayloadsDays, keepEventsDays }, by) {
      const row: AuditRetentionRow = {
        ...{ workspaceId, agent, keepPayloadsDays, keepEventsDays },
        updatedAtMs: clock.nowMs(),
        updatedBy: by.actor.name,
      };
      const before = keptTimes(await settingOf(agent));
      const kind = retentionEvents['audit.retention_set'];
      await audited(by, { kind, agent, before, after: keptTimes(row) }, () =>
        store.putSetting(row),
      );
      return settingResource(row);
    },
    async unset(agent, by) {
      const before = keptTimes(await settingOf(agent));
      const change = { kind: retentionEvents['audit.retention_set'], agent, before, after: null };
      if (before === null) {
        const whose = agent === null ? 'the workspace' : `agent "${agent}"`;
        const error = retentionErrors.audit_retention_not_found(
          `No retention of its own is set for ${whose}.`,
        );
        return refuse(by, change, error);
      }
      await audited(by, change, () => store.removeSetting({ workspaceId, agent }));
    },
    async place({ name, reason, agent = null, run = null, since = null, until = null }, by) {
      const row: AuditHoldRow = {
        ...{ workspaceId, name, agent, run, since, until },
        reason: reason.trim(),
        createdAtMs: clock.nowMs(),
        createdBy: by.actor.name,
      };
      const there = await holdOf(name);
      const kind = retentionEvents['audit.hold_placed'];
      const change = { kind, agent, before: heldEvents(there), after: heldEvents(row) };
      if (there !== undefined)
        return refuse(
          by,
          change,
          retentionErrors.audit_hold_exists(`There is a hold "${name}" already.`),
        );
      await audited(by, change, () => store.insertHold(row));
      return holdResourceOf(row);
    },
    async release(name, by) {
      const row = await holdOf(name);
      const agent = row?.agent ?? null;
      const kind = retentionEvents['audit.hold_released'];
      const change = { kind, agent, before: heldEvents(row), after: null };
      if (row === undefined)
        return refuse(
          { ...by, attributes: { ...by.attributes, name } },
          change,
          retentionErrors.audit_hold_not_found(`There is no hold "${name}".`),
        );
      await audited(by, change, () => store.removeHold({ workspaceId, name }));
    },
  };
}

function draftOf(by: ChangedBy, { kind, agent, before, after }: Change): EventDraft {
  return {
    ...by,
    kind,
    ...(agent !== null && { agent }),
    attributes: { ...by.attributes, before, after },
  };
}

const messageOf = (error: unknown) => describeError(error).slice(0, 2000);

function keptTimes(row: AuditRetentionRow | undefined) {
  if (row === undefined) return null;
  const { agent, keepPayloadsDays, keepEventsDays } = row;
  return { agent, keepPayloadsDays, keepEventsDays };
}

function heldEvents(row: AuditHoldRow | undefined) {
  if (row === undefined) return null;
  const { name, reason, agent, run, since, until } = row;
  return { name, reason, agent, run, since, until };
}

export function settingResource(row: AuditRetentionRow): RetentionSetting {
  const { agent, keepPayloadsDays, keepEventsDays, updatedAtMs, updatedBy } = row;
  return {
    ...{ agent, keepPayloadsDays, keepEventsDays, updatedBy },
    updatedAt: isoTime(updatedAtMs),
  };
}

export function holdResourceOf(row: AuditHoldRow): HoldResource {
  const { name, reason, agent, run, since, until, createdAtMs, createdBy } = row;
  return {
    ...{ name, reason, createdBy },
    ...(agent !== null && { agent }),
    ...(run !== null && { run }),
    ...(since !== null && { since }),
    ...(until !== null && { until }),
    createdAt: isoTime(createdAtMs),
  };
}
