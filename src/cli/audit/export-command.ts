/** `swarm audit export`: events with their proofs, as files that are checked without swarmd. */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { ExportFormat } from '../../contracts/audit-status.ts';
import { cliErrors } from '../errors.ts';
import { addTermOptions, type TermOptions, termsQuery } from '../logs/event-terms.ts';
import { createLiveLines } from '../output/live-lines.ts';
import { bytesText } from '../output/text.ts';
import type { CommandBuilder, Session } from '../session.ts';
import { wholeRunId } from './full-id.ts';
import { type JoinedExport, joinExport } from './join-export.ts';

interface ExportOptions extends TermOptions {
  readonly to: string;
  readonly format: ExportFormat;
}

/** Progress is drawn at most so often. */
const DRAW_EVERY_MS = 200;

export function exportCommand(build: CommandBuilder): Command {
  const command = build
    .command('export', 'Export events with checkpoint and proofs, to be verified offline')
    .requiredOption('--to <folder>', 'where to: a folder that does not exist yet')
    .addOption(
      new Option('--format <format>', 'how events are written')
        .choices(['json', 'jsonl', 'csv', 'ocsf'])
        .default('jsonl'),
    );
  return addTermOptions(command)
    .addHelpText(
      'after',
      '\n  swarm audit export --to may --since 2026-05-01 --until 2026-06-01 --format csv\n  swarm audit verify may --key swarm.key',
    )
    .action(build.act(runExport));
}

async function runExport(session: Session, options: ExportOptions): Promise<number> {
  const { output, context, signal } = session;
  const client = await session.client();
  const { run } = options;
  const whole = run === undefined ? undefined : await wholeRunId(client, run);
  const terms = termsQuery({ ...options, ...(whole !== undefined && { run: whole }) });
  const body = await client.auditExport({ format: options.format, terms, signal });
  const folder = resolve(context.cwd, options.to);
  const live = output.live ? createLiveLines(output.stderr) : undefined;
  let bytes = 0;
  let drawnMs = 0;
  const onBytes = (count: number) => {
    bytes += count;
    if (performance.now() - drawnMs < DRAW_EVERY_MS) return;
    drawnMs = performance.now();
    live?.draw([`${bytesText(bytes)} …`]);
  };
  try {
    await makeFolder(folder, options.to);
    const joined = await writeExport(body, { folder, onBytes });
    live?.clear();
    if (output.format === 'json') output.json({ folder, ...joined, bytes });
    else output.note(doneText({ ...joined, bytes, to: options.to }));
    return 0;
  } finally {
    live?.clear();
    body.destroy();
  }
}

/** Half an export proves nothing: it is taken away again. */
async function writeExport(
  body: Readable,
  how: { folder: string; onBytes: (count: number) => void },
): Promise<JoinedExport> {
  try {
    return await joinExport(body, how);
  } catch (error) {
    await rm(how.folder, { recursive: true, force: true });
    throw error;
  }
}

function doneText(done: JoinedExport & { bytes: number; to: string }): string {
  const entries = done.entries === 1 ? '1 entry' : `${done.entries} entries`;
  return `${entries} (${bytesText(done.bytes)} with their proofs) in ${join(done.to, done.file)}
  → check it: swarm audit verify ${done.to} --key FILE, with what "swarm audit key" printed`;
}

async function makeFolder(folder: string, shown: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw cliErrors.file_exists(`${shown} is there already`, { remedy: 'Name a new folder.' });
    throw cliErrors.file_unwritable(`the folder ${shown} cannot be made`, { cause });
  }
}
