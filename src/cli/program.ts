import { Command } from 'commander';
import { COMMANDS } from './commands.ts';
import type { CommandBuilder } from './session.ts';
import { usageError } from './usage-error.ts';

export interface ProgramOptions {
  readonly build: CommandBuilder;
  /** Load only this command; undefined: all. */
  readonly only?: string;
  readonly writeOut: (text: string) => void;
}

/**
 * The whole command line, ready to parse. Parsing never exits: it throws CommanderError after it has
 * shown what was asked for, such as help. @throws usage
 */
export async function createProgram({ build, only, writeOut }: ProgramOptions): Promise<Command> {
  const program = new Command('swarm')
    .description('Runs AI agents in production, each in microVMs of its own.')
    .usage('COMMAND [OPTIONS]')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show how a command is used')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nFirst steps:\n  swarm demo                      see an agent run\n  swarm init && swarm deploy      run one of your own\n',
    );
  for (const entry of COMMANDS) {
    if (only !== undefined && entry.name !== only) continue;
    const make = await entry.load();
    program.addCommand(make(build).helpGroup(entry.group));
  }
  const settle = (command: Command) => {
    command.exitOverride((shown) => {
      throw shown.exitCode === 0 ? shown : usageError(command, shown);
    });
    command.configureOutput({
      writeOut,
      writeErr: () => undefined, // Told once, by runCli.
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    });
    for (const sub of command.commands) settle(sub);
  };
  settle(program);
  return program;
}
