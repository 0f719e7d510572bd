import type { Command } from 'commander';
import type { MakeCommand } from '../commands.ts';
import { localTime, oneLine } from '../logs/event-text.ts';
import type { CommandBuilder } from '../session.ts';

export const sessions: MakeCommand = (build) =>
  build
    .command('sessions', 'Who is signed in to the dashboard: list and revoke sessions')
    .addCommand(list(build), { isDefault: true })
    .addCommand(revoke(build));

function list(build: CommandBuilder): Command {
  return build.command('list', 'List sessions: your own, and with the scope admin all').action(
    build.act(async ({ output, client }) => {
      const { items } = await (await client()).sessions();
      if (output.format === 'json') output.json(items);
      else if (items.length === 0)
        output.note('Nobody is signed in to the dashboard.\n  → sign in: swarm dashboard');
      else
        output.table(
          ['SESSION', 'TOKEN', 'SIGNED IN', 'LAST USED', 'ENDS', 'FROM', 'BROWSER'],
          items.map((one) => [
            one.id,
            oneLine(one.name),
            localTime(one.createdAt),
            localTime(one.lastUsedAt),
            localTime(one.idleUntil),
            one.address || '-',
            oneLine(one.client) || '-',
          ]),
          { fit: true },
        );
      return 0;
    }),
  );
}

function revoke(build: CommandBuilder): Command {
  return build
    .command('revoke', 'End sessions at once: their pages ask to sign in again')
    .argument('[session...]', 'their ids')
    .option('--all', 'every one that "swarm sessions list" shows')
    .action(
      build.act(async ({ output, client }, ids: readonly string[], { all }: { all?: boolean }) => {
        const { cliErrors } = await import('../errors.ts');
        if (ids.length > 0 === (all === true))
          throw cliErrors.usage('Name the sessions, or give --all.');
        const swarm = await client();
        const ended = all ? (await swarm.sessions()).items.map(({ id }) => id) : ids;
        for (const id of ended) await swarm.endSession(id);
        if (output.format === 'json') output.json({ ended });
        else output.note(ended.length === 1 ? 'ended 1 session' : `ended ${ended.length} sessions`);
        return 0;
      }),
    );
}
