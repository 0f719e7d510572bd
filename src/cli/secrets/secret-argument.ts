import type { Command } from 'commander';
import { secretName } from '../../contracts/secret.ts';
import { cliErrors } from '../errors.ts';

/**
 * The name alone: an argument can be seen in the list of processes and stays in the shell's
 * history. Says nothing of a value that was given all the same. @throws usage
 */
export function checkNameAlone(command: Command, name: string): void {
  const [before = ''] = name.split('=', 1);
  if (command.args.length > 1 || name.includes('=')) {
    const known = secretName.safeParse(before).success ? before : 'NAME';
    throw cliErrors.usage(
      'a value was given as an argument, where other users of this host and the shell’s history see it',
      {
        remedy: `Take it as known by now, and give a new one by the input: swarm secrets ${command.name()} ${known} < FILE`,
      },
    );
  }
  const parsed = secretName.safeParse(name);
  if (parsed.success) return;
  throw cliErrors.usage(`"${name}" is no name of a secret`, {
    remedy: 'Write 1 to 64 capital letters, digits and "_", beginning with a letter: API_KEY.',
  });
}
