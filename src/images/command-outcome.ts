import type { CommandResult } from '../base/command.ts';
import type { ErrorOptions, SwarmError } from '../base/errors.ts';

const TAIL_LINES = 20;
const TAIL_CHARACTERS = 8_000;

/** The last lines of a program's outputs, for an error's details. */
export function outputTail(result: Pick<CommandResult, 'stdout' | 'stderr'>): string[] {
  const text = `${result.stdout.trimEnd()}\n${result.stderr.trimEnd()}`.trim();
  return text.slice(-TAIL_CHARACTERS).split('\n').slice(-TAIL_LINES);
}

/** The result, when the program ended with 0. @throws what `failure` makes of the output's end. */
export function mustSucceed(
  result: CommandResult,
  failure: (options: ErrorOptions) => SwarmError,
): CommandResult {
  if (result.exitCode === 0) return result;
  throw failure({ details: { exitCode: result.exitCode, output: outputTail(result) } });
}
