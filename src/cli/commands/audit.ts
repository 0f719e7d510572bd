import { exportCommand } from '../audit/export-command.ts';
import { holdCommand } from '../audit/hold-command.ts';
import { checkpoint, key, prove, reindex, status } from '../audit/look-commands.ts';
import { retentionCommand } from '../audit/retention-command.ts';
import { verifyCommand } from '../audit/verify-command.ts';
import type { MakeCommand } from '../commands.ts';

export const audit: MakeCommand = (build) =>
  build
    .command('audit', 'Export, prove and verify the audit log; retention and holds')
    .addCommand(status(build))
    .addCommand(checkpoint(build))
    .addCommand(key(build))
    .addCommand(exportCommand(build))
    .addCommand(verifyCommand(build))
    .addCommand(prove(build))
    .addCommand(reindex(build))
    .addCommand(retentionCommand(build))
    .addCommand(holdCommand(build))
    .addHelpText('after', '\nThe guide for auditors and operators is docs/guides/audit.md.');
