/** The log of an agent and the progress of a deployment, as part of GET /v1/live. */
import type { LiveOther } from '../activity/activity.ts';
import { describeError, SwarmError } from '../base/errors.ts';
import type { Actor } from '../contracts/actor.ts';
import type { LiveMessage } from '../contracts/overview.ts';
import type { DeploymentEvent, LogRecordResource } from '../contracts/resources.ts';
import { agentLogSteps, type LogStep } from './agent-logs.ts';
import type { ApiParts } from './api-parts.ts';
import { LogPosition } from './log-position.ts';
import { PacedSource } from './paced-source.ts';

/** Besides its text, of a record of a log or a deployment. */
const RECORD_CHARACTERS = 200;
const DEFAULT_TAIL = 2_000;
/** Of each machine, for a reader that comes back: of more, the oldest are dropped. */
const MOST_MISSED_LINES = 50_000;
/** Held until they are told, when it begins. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Lines of 16 KiB at most wait for this reader, besides those that are told next. */
const QUEUED_LINES = 32;

interface Asked {
  readonly actor: Actor;
  /** Its own part of what Last-Event-ID said. */
  readonly resume: string | undefined;
}

/** From behind what was told, or from its newest `tail` lines on. */
export function liveLog(
  parts: Pick<ApiParts, 'fleet' | 'machines' | 'log'>,
  asked: Asked & { readonly agent: string; readonly tail: number | undefined },
): LiveOther {
  const { actor, agent, resume, tail = DEFAULT_TAIL } = asked;
  const from = resume === undefined ? undefined : LogPosition.parse(agent, resume);
  const most = {
    lines: from === undefined ? tail : MOST_MISSED_LINES,
    characters: MOST_CHARACTERS,
  };
  return {
    name: 'log',
    open: (how) => {
      const position = from ?? new LogPosition(agent);
      let isBegun = from !== undefined;
      return new PacedSource<LogStep>({
        ...how,
        items: (signal) =>
          agentLogSteps(parts, {
            ...{ actor, agent, most, signal, follow: true, maxQueued: QUEUED_LINES },
            ...(from !== undefined && { from }),
          }),
        charactersOf: (step) =>
          step.type === 'line' ? step.line.text.length + RECORD_CHARACTERS : 0,
        tell(steps) {
          const records: LogRecordResource[] = [];
          let dropped = 0;
          for (const step of steps)
            if (step.type === 'line') {
              dropped += position.tell(step.line);
              records.push(step.line);
            } else if (step.type === 'end') position.end(step.machine);
            else {
              isBegun = true;
              for (const [machine, toldSeq] of step.told) position.begin(machine, toldSeq);
            }
          return records.length === 0
            ? undefined
            : message({ type: 'log', agent, records, dropped });
        },
        tellEnd(error) {
          const isDeleted = error === undefined || codeOf(error) === 'agent_not_found';
          if (!isDeleted)
            parts.log.warn({ agent, error: describeError(error) }, 'a log cannot be followed');
          return message({
            type: 'log_ended',
            agent,
            reason: isDeleted ? 'agent_deleted' : 'failed',
          });
        },
        position: () => (isBegun ? String(position) : undefined),
      });
    },
  };
}

/** From behind the event that was told last, or from its first on, to its last. */
export function liveDeployment(
  { deployer, log }: Pick<ApiParts, 'deployer' | 'log'>,
  { actor, resume, deployment }: Asked & { readonly deployment: string },
): LiveOther {
  const [id, seq = ''] = resume?.split('.') ?? [];
  const afterSeq = id === deployment && /^\d{1,15}$/.test(seq) ? Number(seq) : 0;
  return {
    name: 'deployment',
    open: (how) => {
      let told = afterSeq;
      return new PacedSource<DeploymentEvent>({
        ...how,
        items: (signal) => deployer.events(actor, { deploymentId: deployment, afterSeq, signal }),
        charactersOf: (event) => RECORD_CHARACTERS + (event.type === 'log' ? event.text.length : 0),
        tell(events) {
          told = events.at(-1)?.seq ?? told;
          return message({ type: 'deployment', deployment, events: [...events] });
        },
        tellEnd(error) {
          if (error !== undefined)
            log.warn(
              { deployment, error: describeError(error) },
              'the progress of a deployment cannot be followed',
            );
          const reason = error === undefined ? 'finished' : 'failed';
          return message({ type: 'deployment_ended', deployment, reason });
        },
        position: () => `${deployment}.${told}`,
      });
    },
  };
}

function message(told: LiveMessage): string {
  return JSON.stringify(told);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof SwarmError ? error.code : undefined;
}
