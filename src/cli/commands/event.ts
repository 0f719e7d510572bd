import type { Command } from 'commander';
import type { MakeCommand } from '../commands.ts';
import type { CommandBuilder } from '../session.ts';

export const event: MakeCommand = (build) =>
  build.command('event', 'Look at one event of the audit log').addCommand(show(build));

function show(build: CommandBuilder): Command {
  return build
    .command('show', 'Show an event in full, with what was kept of its bodies')
    .argument('<event>', 'its id, or the beginning of it: "swarm logs --ids" shows them')
    .action(
      build.act(async (session, id: string) => {
        const { output } = session;
        const client = await session.client();
        const { withEventId } = await import('../audit/full-id.ts');
        const found = await withEventId(client, { id, read: (whole) => client.event(whole) });
        if (output.format === 'json') {
          output.json(found);
          return 0;
        }
        const { eventLines } = await import('../audit/event-lines.ts');
        const { colors } = output;
        const status = await client.auditStatus();
        for (const line of eventLines(found, { colors, status })) output.line(line);
        return 0;
      }),
    );
}
