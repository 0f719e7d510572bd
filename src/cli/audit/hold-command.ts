/** `swarm audit hold`: what retention must not erase. */
import type { Command } from 'commander';
import type { HoldBody, HoldResource, PlacedHold } from '../../contracts/retention.ts';
import { parseDuration } from '../../contracts/units.ts';
import { runText, whenText } from '../logs/event-terms.ts';
import { localTime, oneLine } from '../logs/event-text.ts';
import type { CommandBuilder } from '../session.ts';
import { wholeRunId } from './full-id.ts';

export function holdCommand(build: CommandBuilder): Command {
  return build
    .command('hold', 'Legal holds: what they cover is not erased, whatever retention says')
    .addCommand(list(build), { isDefault: true })
    .addCommand(add(build))
    .addCommand(release(build));
}

function list(build: CommandBuilder): Command {
  return build.command('list', 'List the holds').action(
    build.act(async ({ output, client }) => {
      const { items } = await (await client()).holds();
      if (output.format === 'json') output.json(items);
      else if (items.length === 0) output.note('There are no holds.');
      else
        output.table(
          ['NAME', 'COVERS', 'SINCE', 'BY', 'REASON'],
          items.map((one) => [
            one.name,
            coverText(one),
            localTime(one.createdAt),
            oneLine(one.createdBy),
            oneLine(one.reason),
          ]),
        );
      return 0;
    }),
  );
}

interface AddOptions {
  readonly reason: string;
  readonly agent?: string;
  readonly run?: string;
  readonly since?: string;
  readonly until?: string;
}

function add(build: CommandBuilder): Command {
  return build
    .command('add', 'Hold events: all, or those that every option matches')
    .argument('<new-name>', 'a name for it: case-2026-14')
    .requiredOption('--reason <text>', 'why, and who asked for it; it is in the log')
    .option('--agent <name>', 'events of this agent')
    .option('--run <id>', 'events of this run', runText)
    .option('--since <when>', 'from a time on, or a duration back', whenText)
    .option('--until <when>', 'before a time; else also what is still to come', whenText)
    .action(
      build.act(async ({ output, client }, name: string, given: AddOptions) => {
        const api = await client();
        const run = given.run === undefined ? undefined : await wholeRunId(api, given.run);
        const body: HoldBody = {
          name,
          reason: given.reason,
          ...(given.agent !== undefined && { agent: given.agent }),
          ...(run !== undefined && { run }),
          ...(given.since !== undefined && { since: absolute(given.since) }),
          ...(given.until !== undefined && { until: absolute(given.until) }),
        };
        const placed = await api.addHold(body);
        if (output.format === 'json') {
          output.json(placed);
          return 0;
        }
        output.note(
          `${name} holds ${coverText(placed.hold)}\n  → undo: swarm audit hold release ${name}`,
        );
        const late = tooLateText(placed);
        if (late !== undefined) output.note(late);
        return 0;
      }),
    );
}

/** A hold brings nothing back: what was erased before it is said, so that nobody relies on it. */
function tooLateText({ tooLate }: PlacedHold): string | undefined {
  const see = '\n  → see what was erased: swarm logs --kind audit.erased';
  if (tooLate === null) return `Whether it came too late for anything cannot be said now.${see}`;
  if (tooLate.erasures === 0) return undefined;
  const last = tooLate.lastAt === null ? '' : `, last ${localTime(tooLate.lastAt)}`;
  return `It may have come too late for up to ${tooLate.entries} entries, erased before${last}.${see}`;
}

/** A hold's ends stand still: a duration is counted back from now, once. */
function absolute(when: string): string {
  const backMs = parseDuration(when);
  return backMs === undefined ? when : new Date(Date.now() - backMs).toISOString();
}

function coverText({ agent, run, since, until }: HoldResource): string {
  const parts = [
    agent === undefined ? undefined : `agent ${oneLine(agent)}`,
    run === undefined ? undefined : `run ${run}`,
    since === undefined ? undefined : `from ${localTime(since)}`,
    until === undefined ? undefined : `before ${localTime(until)}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

function release(build: CommandBuilder): Command {
  return build
    .command('release', 'Release a hold: retention applies again to what it covered')
    .argument('<hold>', 'its name')
    .action(
      build.act(async ({ output, client }, name: string) => {
        const api = await client();
        const { items } = await api.holds();
        const earlier = items.find((one) => one.name === name);
        await api.releaseHold(name);
        if (output.format === 'json') output.json({ name, released: true });
        else
          output.note(
            `${name} is released${earlier === undefined ? '' : `; it held ${coverText(earlier)}`}\n  → undo, before the next run of retention: swarm audit hold add ${name} --reason …`,
          );
        return 0;
      }),
    );
}
