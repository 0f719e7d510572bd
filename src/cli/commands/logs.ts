import { Option } from 'commander';
import type { LogsOptions } from '../../contracts/client.ts';
import type { LogRecordResource } from '../../contracts/resources.ts';
import type { MakeCommand } from '../commands.ts';
import { sinceText, wholeNumber } from '../options.ts';
import type { Colors } from '../output/output.ts';
import { printable } from '../output/text.ts';

interface LogsArguments {
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: number;
  readonly replica?: number;
  readonly stream?: 'stdout' | 'stderr' | 'system';
  readonly timestamps?: boolean;
}

export const logs: MakeCommand = (build) =>
  build
    .command('logs', "Show what an agent's processes print")
    .argument('<name>', 'the agent')
    .option('-f, --follow', 'stay, and show new lines as they come')
    .option('--since <when>', 'from a time, or a duration back: 10m', sinceText)
    .option('--tail <n>', 'only the newest lines', wholeNumber({ min: 0, max: 100_000 }))
    .option('--replica <n>', 'only this replica', wholeNumber({ min: 0, max: 100_000 }))
    .addOption(
      new Option('--stream <name>', 'only this stream').choices(['stdout', 'stderr', 'system']),
    )
    .option('-t, --timestamps', 'show when each line was printed')
    .action(
      build.act(async ({ output, client, signal }, name: string, given: LogsArguments) => {
        const { follow, since, tail, replica, stream } = given;
        const options: LogsOptions = {
          signal,
          ...(follow !== undefined && { follow }),
          ...(since !== undefined && { since }),
          ...(tail !== undefined && { tail }),
          ...(replica !== undefined && { replica }),
          ...(stream !== undefined && { stream }),
        };
        for await (const record of (await client()).logs(name, options)) {
          if (output.format === 'json') output.jsonLine(record);
          else
            output.line(
              logLine(record, { colors: output.colors, timestamps: given.timestamps === true }),
            );
        }
        return 0;
      }),
    );

/** `0 | text`, with what comes from the error output or from Swarm set apart by colour. */
export function logLine(
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
