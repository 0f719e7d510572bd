import type { Command } from 'commander';
import { allPages } from '../all-pages.ts';
import type { MakeCommand } from '../commands.ts';
import { AGENT_HEADERS, agentRow, pauseText } from '../output/resource-text.ts';
import type { CommandBuilder } from '../session.ts';

export const agents: MakeCommand = (build) =>
  build
    .command('agents', 'List the agents; pause and resume their calls out')
    .addCommand(list(build), { isDefault: true })
    .addCommand(pause(build))
    .addCommand(resume(build));

function list(build: CommandBuilder): Command {
  return build.command('list', 'List the agents').action(
    build.act(async ({ output, client }) => {
      const api = await client();
      const items = await allPages((page) => api.agents(page));
      if (output.format === 'json') output.json(items);
      else if (items.length === 0) output.note('There are no agents yet.\n  → swarm deploy FOLDER');
      else {
        const nowMs = Date.now();
        output.table(
          AGENT_HEADERS,
          items.map((agent) => agentRow(agent, { colors: output.colors, nowMs })),
        );
        const { items: paused } = await api.pauses();
        for (const one of paused) output.note(pauseText(one));
      }
      return 0;
    }),
  );
}

function pause(build: CommandBuilder): Command {
  return build
    .command('pause', 'Refuse all calls out of an agent, from the moment this returns')
    .argument('<name>', 'of the agent')
    .option('--reason <text>', 'why; it is in the log')
    .addHelpText('after', '\nIts machines go on running, and calls to it are still let in.')
    .action(
      build.act(async ({ output, client }, name: string, { reason }: { reason?: string }) => {
        const paused = await (await client()).pauseAgent(
          name,
          reason === undefined ? {} : { reason },
        );
        if (output.format === 'json') output.json(paused);
        else output.note(`${name} is paused.\n  → undo: swarm agents resume ${name}`);
        return 0;
      }),
    );
}

function resume(build: CommandBuilder): Command {
  return build
    .command('resume', 'Let a paused agent call out again')
    .argument('<name>', 'of the agent')
    .action(
      build.act(async ({ output, client }, name: string) => {
        const resumed = await (await client()).resumeAgent(name);
        if (output.format === 'json') output.json(resumed);
        else output.note(`${name} may call out again.\n  → undo: swarm agents pause ${name}`);
        return 0;
      }),
    );
}
