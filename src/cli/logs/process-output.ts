/** `swarm logs NAME --stdout`: what the agent's processes print. */
import type { LogRecordResource } from '../../contracts/resources.ts';
import type { Colors } from '../output/output.ts';
import { printable } from '../output/text.ts';
import type { Session } from '../session.ts';

export interface ProcessOutputOptions {
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: number;
  readonly replica?: number;
  readonly stream?: 'stdout' | 'stderr' | 'system';
  readonly timestamps?: boolean;
}

export async function showProcessOutput(
  { output, client, signal }: Session,
  { name, options }: { name: string; options: ProcessOutputOptions },
): Promise<void> {
  const { follow, since, tail, replica, stream } = options;
  const records = (await client()).logs(name, {
    signal,
    ...(follow !== undefined && { follow }),
    ...(since !== undefined && { since }),
    ...(tail !== undefined && { tail }),
    ...(replica !== undefined && { replica }),
    ...(stream !== undefined && { stream }),
  });
  const timestamps = options.timestamps === true;
  for await (const record of records)
    if (output.format === 'json') output.jsonLine(record);
    else output.line(lineOf(record, { colors: output.colors, timestamps }));
}

/** `0 | text`, with what comes from the error output or from Swarm set apart by colour. */
function lineOf(
  record: LogRecordResource,
  { colors, timestamps }: { colors: Colors; timestamps: boolean },
): string {
  const text = printable(record.text);
  const shown =
    record.stream === 'stderr'
      ? colors.yellow(text)
      : record.stream === 'system'
        ? colors.cyan(`[swarm] ${text}`)
        : text;
  const time = timestamps ? `${colors.dim(printable(record.time))} ` : '';
  return `${time}${colors.dim(`${record.replica} |`)} ${shown}${record.partial ? colors.dim(' …') : ''}`;
}
