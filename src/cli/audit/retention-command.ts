/** `swarm audit retention`: how long payloads and events are kept. */
import type { Command } from 'commander';
import type { RetentionResource, RetentionSetting } from '../../contracts/retention.ts';
import { cliErrors } from '../errors.ts';
import { localTime, oneLine } from '../logs/event-text.ts';
import type { CommandBuilder, Session } from '../session.ts';
import { type Days, days, daysText } from './days.ts';

export function retentionCommand(build: CommandBuilder): Command {
  return build
    .command('retention', 'How long payloads and events are kept; for ever where nothing is set')
    .addCommand(list(build), { isDefault: true })
    .addCommand(set(build))
    .addCommand(remove(build));
}

function list(build: CommandBuilder): Command {
  return build.command('list', 'List what is set, and what was erased last').action(
    build.act(async (session) => {
      const { output } = session;
      const found = await (await session.client()).retention();
      if (output.format === 'json') output.json(found);
      else showSettings(session, found);
      return 0;
    }),
  );
}

function showSettings({ output }: Session, { items, lastRun, nextRunAt }: RetentionResource): void {
  if (items.length === 0) output.note('Nothing is set: everything is kept for ever.');
  else
    output.table(
      ['AGENT', 'PAYLOADS', 'EVENTS', 'SET', 'BY'],
      items.map((one) => [
        one.agent === null ? '(all others)' : oneLine(one.agent),
        one.keepPayloadsDays === null ? 'as events' : daysText(one.keepPayloadsDays),
        daysText(one.keepEventsDays),
        localTime(one.updatedAt),
        oneLine(one.updatedBy),
      ]),
    );
  if (lastRun !== null)
    output.note(
      `Last run ${localTime(lastRun.endedAt)}: ${lastRun.payloadsErased} payloads and ${lastRun.eventsErased} entries erased.`,
    );
  if (nextRunAt !== null) output.note(`Next run ${localTime(nextRunAt)}.`);
}

interface SetOptions {
  readonly agent?: string;
  readonly payloads?: Days;
  readonly events?: Days;
}

function set(build: CommandBuilder): Command {
  return build
    .command('set', 'Set how long they are kept; what is older is erased at the next run')
    .option('--agent <name>', "for this agent, in place of the workspace's setting; else for all")
    .option('--payloads <days>', 'keep requests and responses so long: 30d, 8w, 2y, forever', days)
    .option('--events <days>', 'keep the events themselves so long: 400d, forever', days)
    .addHelpText(
      'after',
      '\nWhat is erased cannot be brought back; proofs of what stays, and of what went, remain valid.\nWhat a hold covers stays ("swarm audit hold"). An option that is left out keeps what is set.',
    )
    .action(
      build.act(async ({ output, client }, { agent, payloads, events }: SetOptions) => {
        if (payloads === undefined && events === undefined)
          throw cliErrors.usage('it says neither how long payloads nor how long events are kept', {
            remedy: 'Add --payloads 30d, --events 400d, or both.',
          });
        const api = await client();
        const { items } = await api.retention();
        const earlier = items.find((one) => one.agent === (agent ?? null));
        const setting = await api.setRetention({
          agent: agent ?? null,
          keepPayloadsDays: kept(payloads, earlier?.keepPayloadsDays),
          keepEventsDays: kept(events, earlier?.keepEventsDays),
        });
        if (output.format === 'json') output.json(setting);
        else output.note(`${settingText(setting)}\n  → undo: ${undoText(agent, earlier)}`);
        return 0;
      }),
    );
}

function remove(build: CommandBuilder): Command {
  return build
    .command('remove', 'Remove a setting: nothing more is erased because of it')
    .option('--agent <name>', "that of this agent; else the workspace's")
    .action(
      build.act(async ({ output, client }, { agent }: { agent?: string }) => {
        const api = await client();
        const { items } = await api.retention();
        const earlier = items.find((one) => one.agent === (agent ?? null));
        await api.removeRetention(agent === undefined ? {} : { agent });
        if (output.format === 'json') output.json({ agent: agent ?? null, removed: true });
        else
          output.note(
            `The setting ${whose(agent ?? null)} is removed.${earlier === undefined ? '' : `\n  → undo: ${undoText(agent, earlier)}`}`,
          );
        return 0;
      }),
    );
}

/** As the API takes them: null is for ever. What is not said stays as it is. */
function kept(given: Days | undefined, earlier: number | null = null): number | null {
  if (given === undefined) return earlier;
  return given === 'forever' ? null : given;
}

function whose(agent: string | null): string {
  return agent === null ? 'of the workspace' : `of ${oneLine(agent)}`;
}

function settingText(one: RetentionSetting): string {
  const payloads =
    one.keepPayloadsDays === null ? 'as long as events' : daysText(one.keepPayloadsDays);
  return `Payloads ${whose(one.agent)} are kept ${payloads}, events ${daysText(one.keepEventsDays)}.`;
}

/** What brings the earlier state of the setting back; what was erased meanwhile stays erased. */
function undoText(agent: string | undefined, earlier: RetentionSetting | undefined): string {
  const name = agent === undefined ? '' : ` --agent ${agent}`;
  if (earlier === undefined) return `swarm audit retention remove${name}`;
  const option = (count: number | null) => (count === null ? 'forever' : `${count}d`);
  return `swarm audit retention set${name} --payloads ${option(earlier.keepPayloadsDays)} --events ${option(earlier.keepEventsDays)}`;
}
