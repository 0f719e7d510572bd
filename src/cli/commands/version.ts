import type { MakeCommand } from '../commands.ts';

export const version: MakeCommand = (build) =>
  build.command('version', 'Show the version of Swarm').action(
    build.act(async ({ output, context }) => {
      const { version } = context.wiring;
      if (output.format === 'json') output.json({ version, node: process.versions.node });
      else output.line(`swarm ${version}`);
      return 0;
    }),
  );
