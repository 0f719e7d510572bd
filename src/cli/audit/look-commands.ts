/** `swarm audit` status, checkpoint, key, prove and reindex. */
import type { Command } from 'commander';
import type { AuditStatus } from '../../contracts/audit-status.ts';
import { EXIT } from '../exit-code.ts';
import { oneLine } from '../logs/event-text.ts';
import { ageText, countText, durationText } from '../output/text.ts';
import type { CommandBuilder, Session } from '../session.ts';
import { withEventId } from './full-id.ts';
import { verificationText } from './verification-text.ts';
import { writeNewFile } from './write-new-file.ts';

export function status(build: CommandBuilder): Command {
  return build
    .command(
      'status',
      'Show whether the log can be written, its checkpoint, and its last verification',
    )
    .action(
      build.act(async (session) => {
        const { output } = session;
        const found = await (await session.client()).auditStatus();
        if (output.format === 'json') output.json(found);
        else for (const line of statusLines(found, session)) output.line(line);
        const isDamaged = found.verification.last?.verdict === 'damaged';
        return found.available && !isDamaged ? EXIT.ok : EXIT.failure;
      }),
    );
}

function statusLines(found: AuditStatus, { output }: Session): string[] {
  const { green, red, dim } = output.colors;
  const state = found.available
    ? green('available')
    : `${red('unavailable')}: calls to agents are refused: ${oneLine(found.reason ?? 'no reason given')}`;
  const behind = Math.max(0, found.size - found.indexed);
  const point = found.checkpoint;
  const nowMs = Date.now();
  return [
    `${dim('log        ')}${oneLine(found.origin)}: ${state}`,
    `${dim('entries    ')}${found.size}${behind === 0 ? '' : `, of which ${behind} cannot be searched yet`}`,
    `${dim('checkpoint ')}${point === null ? 'none yet' : `${point.size} entries, made ${ageText(Date.parse(point.time), nowMs)} ago, root ${oneLine(point.root)}`}`,
    `${dim('verified   ')}${verificationText(found.verification, { colors: output.colors, nowMs })}`,
    `${dim('key        ')}${oneLine(found.key)}`,
  ];
}

export function checkpoint(build: CommandBuilder): Command {
  return build
    .command('checkpoint', 'Print a signed checkpoint of the log: keep it on another machine')
    .option('--to <file>', 'write it into this file, which must not exist')
    .action(
      build.act(async (session, { to }: { to?: string }) => {
        const text = await (await session.client()).auditCheckpoint();
        await give(session, { name: 'checkpoint', text, to });
        return 0;
      }),
    );
}

export function key(build: CommandBuilder): Command {
  return build
    .command('key', 'Print the public key that checkpoints are verified with')
    .option('--to <file>', 'write it into this file, which must not exist')
    .action(
      build.act(async (session, { to }: { to?: string }) => {
        const text = await (await session.client()).auditKey();
        await give(session, { name: 'key', text, to });
        return 0;
      }),
    );
}

export function prove(build: CommandBuilder): Command {
  return build
    .command('prove', 'Print the proof that an event is in the log, for "swarm audit verify"')
    .argument('<event>', 'its id, or the beginning of it')
    .option('--to <file>', 'write it into this file, which must not exist')
    .action(
      build.act(async (session, id: string, { to }: { to?: string }) => {
        const client = await session.client();
        const read = (whole: string) => client.auditProof(whole);
        const text = await withEventId(client, { id, read });
        // It is JSON already, whatever is asked for.
        if (to === undefined) session.output.stdout.write(withNewline(text));
        else await giveFile(session, { text, to });
        return 0;
      }),
    );
}

export function reindex(build: CommandBuilder): Command {
  return build
    .command('reindex', 'Make the search index again from the log; searching goes on meanwhile')
    .action(
      build.act(async ({ output, client }) => {
        const api = await client();
        output.note('The index is made again from the segments …');
        const report = await api.reindexAudit();
        if (output.format === 'json') output.json(report);
        else
          output.note(
            `${countText(report.entries, 'entry').replace('entrys', 'entries')} in ${durationText(report.durationMs)}`,
          );
        return 0;
      }),
    );
}

async function give(
  session: Session,
  { name, text, to }: { name: string; text: string; to: string | undefined },
): Promise<void> {
  if (to !== undefined) await giveFile(session, { text, to });
  else if (session.output.format === 'json') session.output.json({ [name]: text });
  else session.output.stdout.write(withNewline(text));
}

async function giveFile(
  { context, output }: Session,
  { text, to }: { text: string; to: string },
): Promise<void> {
  await writeNewFile(to, { cwd: context.cwd, text: withNewline(text) });
  if (output.format === 'json') output.json({ file: to });
  else output.note(`written to ${to}`);
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
