import type { Command } from 'commander';
import { findRun } from '../audit/full-id.ts';
import { RUN_HEADERS, runEvents, runHead, runRows } from '../audit/run-lines.ts';
import type { MakeCommand } from '../commands.ts';
import { oneLine } from '../logs/event-text.ts';
import { fitted } from '../output/table.ts';
import type { CommandBuilder } from '../session.ts';

export const run: MakeCommand = (build) =>
  build.command('run', 'Look at a run: what one call caused').addCommand(show(build));

function show(build: CommandBuilder): Command {
  return build
    .command('show', 'Show a run as a tree of its events')
    .argument('<run>', 'its id, or the beginning of it: "swarm logs" shows that')
    .option('--ids', 'with the id of each event, for "swarm event show"')
    .action(
      build.act(async (session, id: string, { ids }: { ids?: boolean }) => {
        const { output } = session;
        const found = await findRun(await session.client(), id);
        if (output.format === 'json') output.json(found);
        else {
          for (const line of runHead(found, output.colors))
            output.line(fitted(line, output.stdout));
          const rows = runRows(found, output.colors);
          if (ids !== true) output.table(RUN_HEADERS, rows, { fit: true });
          else
            output.table(
              ['ID', ...RUN_HEADERS],
              runEvents(found).map((one, index) => [oneLine(one.id), ...(rows[index] ?? [])]),
              { fit: true },
            );
        }
        return 0;
      }),
    );
}
