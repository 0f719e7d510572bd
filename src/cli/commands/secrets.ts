import type { MakeCommand } from '../commands.ts';
import {
  deleteCommand,
  rotateCommand,
  setCommand,
  useCommand,
} from '../secrets/change-commands.ts';
import { historyCommand, listCommand, rekeyCommand } from '../secrets/look-commands.ts';

export const secrets: MakeCommand = (build) =>
  build
    .command('secrets', 'Keys and passwords that agents use and do not have')
    .addCommand(listCommand(build), { isDefault: true })
    .addCommand(setCommand(build))
    .addCommand(rotateCommand(build))
    .addCommand(useCommand(build))
    .addCommand(historyCommand(build))
    .addCommand(deleteCommand(build))
    .addCommand(rekeyCommand(build))
    .addHelpText('after', '\nThe guide is docs/guides/secrets.md.');
