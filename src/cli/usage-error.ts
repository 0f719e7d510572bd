import type { Command, CommanderError } from 'commander';
import type { SwarmError } from '../base/errors.ts';
import { cliErrors } from './errors.ts';

/** What was wrong with the words given to `command`, and the help that shows how they should be. */
export function usageError(command: Command, error: CommanderError): SwarmError {
  const asked = wordForDefault(command);
  const unknown = error.code === 'commander.excessArguments' && asked !== undefined;
  const group = unknown ? (command.parent ?? command) : command;
  const names = group.commands.map((one) => one.name()).join(', ');
  const path = pathOf(group);
  const remedy = `Run "${path} --help" to see how it is used.`;
  if (unknown)
    return cliErrors.usage(`unknown command '${asked}': it is one of ${names}`, { remedy });
  // Commander's own message for a group without a command is "(outputHelp)".
  if (error.code === 'commander.help')
    return cliErrors.usage(`"${path}" needs a command: one of ${names}`, { remedy });
  return cliErrors.usage(error.message.replace(/^error: /, '').replace(/\n\(/, ' ('), { remedy });
}

/** The first word, where `command` runs only because its group has it as what none stands for. */
function wordForDefault(command: Command): string | undefined {
  const first = command.parent?.args[0];
  return first === command.name() ? undefined : first;
}

function pathOf(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return names.join(' ');
}
