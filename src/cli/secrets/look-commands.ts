/** `swarm secrets list`, `history` and `rekey`. */
import type { Command } from 'commander';
import { EXIT } from '../exit-code.ts';
import { localTime } from '../logs/event-text.ts';
import type { CommandBuilder } from '../session.ts';
import { ofAgent } from './use-options.ts';

interface AgentOption {
  readonly agent?: string;
}

export function listCommand(build: CommandBuilder): Command {
  return build
    .command('list', 'List secrets, without their values')
    .option('--agent <name>', 'those that this agent could use')
    .action(
      build.act(async ({ output, client }, options: AgentOption) => {
        const { items } = await (await client()).secrets(ofAgent(options));
        if (output.format === 'json') output.json(items);
        else if (items.length === 0)
          output.note('There are no secrets.\n  → make one: swarm secrets set API_KEY < FILE');
        else
          output.table(
            ['NAME', 'AGENT', 'VERSION', 'MODE', 'HOSTS', 'LAST USED', 'USED BY'],
            items.map((one) => [
              one.name,
              one.agent ?? '(all)',
              String(one.version),
              one.mode,
              one.mode === 'inject' ? '-' : one.hosts.join(' ') || '(allowed ones)',
              one.lastUsedAt === null ? 'never' : localTime(one.lastUsedAt),
              one.usedBy.join(' ') || '-',
            ]),
          );
        return EXIT.ok;
      }),
    );
}

export function historyCommand(build: CommandBuilder): Command {
  return build
    .command('history', 'Show which versions a secret had, without their values')
    .argument('<secret>', 'its name')
    .option('--agent <name>', "of this agent's own; else the workspace's")
    .action(
      build.act(async ({ output, client }, name: string, options: AgentOption) => {
        const { items } = await (await client()).secretVersions(name, ofAgent(options));
        if (output.format === 'json') output.json(items);
        else
          output.table(
            ['VERSION', 'STATE', 'MADE', 'BY', 'ENDED', 'LAST USED'],
            items.map((one) => [
              String(one.version),
              one.state,
              localTime(one.createdAt),
              one.createdBy,
              one.endedAt === null ? '-' : localTime(one.endedAt),
              one.lastUsedAt === null ? 'never' : localTime(one.lastUsedAt),
            ]),
          );
        return EXIT.ok;
      }),
    );
}

export function rekeyCommand(build: CommandBuilder): Command {
  return build
    .command('rekey', 'Replace the root key that protects all secrets, while swarmd runs')
    .action(
      build.act(async ({ output, client }) => {
        const report = await (await client()).rekeySecrets();
        if (output.format === 'json') output.json(report);
        else
          output.note(
            `The root key is ${report.after} from now on; ${report.before} opens nothing any more\n  → copy root.key, in swarmd's data folder, to where its copies are kept`,
          );
        return EXIT.ok;
      }),
    );
}
