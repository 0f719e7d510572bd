import type { Machines } from '../machines/machines.ts';

export const LOG_TAIL_LINES = 20;
const MAX_LINE_LENGTH = 1_000;

/** The last lines of a machine's log, cut to what fits into an error. */
export async function readLogTail(
  machines: Pick<Machines, 'logs'>,
  machineId: string,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { text } of machines.logs(machineId, { tail: LOG_TAIL_LINES })) {
    lines.push(text.length > MAX_LINE_LENGTH ? `${text.slice(0, MAX_LINE_LENGTH)}…` : text);
    if (lines.length > LOG_TAIL_LINES) lines.shift();
  }
  return lines;
}
