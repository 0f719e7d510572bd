import type { MakeCommand } from '../commands.ts';
import { allowCommand, modeCommand, removeCommand } from '../egress/change-commands.ts';
import { checkCommand } from '../egress/check-command.ts';
import { showCommand } from '../egress/show-command.ts';
import { suggestCommand } from '../egress/suggest-command.ts';

export const egress: MakeCommand = (build) =>
  build
    .command('egress', 'What agents may reach outside of their machines; without rules nothing')
    .addCommand(showCommand(build))
    .addCommand(allowCommand(build))
    .addCommand(removeCommand(build))
    .addCommand(modeCommand(build))
    .addCommand(suggestCommand(build))
    .addCommand(checkCommand(build))
    .addHelpText('after', '\nThe guide is docs/guides/egress.md.');
