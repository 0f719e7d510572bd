import type { Command } from 'commander';
import { findRun } from '../audit/full-id.ts';
import { RUN_HEADERS, runHead, runRows } from '../audit/run-lines.ts';
import type { MakeCommand } from '../commands.ts';
import { fitted } from '../output/table.ts';
import type { CommandBuilder } from '../session.ts';

export const run: MakeCommand = (build) =>
  build.command('run', 'Look at a run: what one call caused').addCommand(show(build));

function show(build: CommandBuilder): Command {
  return build
    .command('show', 'Show a run as a tree of its events')
    .argument('<run>', 'its id, or the beginning of it: "swarm logs" shows that')
    .action(
      build.act(async (session, id: string) => {
        const { output } = session;
        const found = await findRun(await session.client(), id);
        if (output.format === 'json') output.json(found);
        else {
          for (const line of runHead(found, output.colors))
            output.line(fitted(line, output.stdout));
          output.table(RUN_HEADERS, runRows(found, output.colors), { fit: true });
        }
        return 0;
      }),
    );
}
