import { SwarmError } from '../../base/errors.ts';
import type { Colors } from './output.ts';
import { printableLines } from './text.ts';

/** The causes of an error, outermost first, without repeating what is already said. */
function causes(error: Error): string[] {
  const found: string[] = [];
  let said = error.message;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause.message !== '' && !said.includes(cause.message)) found.push(cause.message);
    said += cause.message;
  }
  return found.slice(0, 5);
}

/** `error: …`, its causes, and `→ remedy`, of which an agent may have said any. Ends with a newline. */
export function errorText(error: SwarmError, colors: Colors): string {
  const lines = [`${colors.red('error:')} ${printableLines(error.message)}`];
  for (const cause of causes(error)) lines.push(`  because: ${printableLines(cause)}`);
  if (error.remedy !== '') lines.push(`${colors.cyan('  →')} ${printableLines(error.remedy)}`);
  return `${lines.join('\n')}\n`;
}

/** The same for --output json. */
export function errorJson(error: SwarmError): unknown {
  const { code, message, remedy, details } = error;
  return { error: { code, message, causes: causes(error), remedy, details } };
}

/** A bug: everything that helps to mend it. */
export function bugText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `error: this is a bug in Swarm: ${printableLines(stack)}\n  → please report it, with the command and the lines above\n`;
}

export function isExpected(error: unknown): error is SwarmError {
  return error instanceof SwarmError;
}
