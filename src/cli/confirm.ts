import { createInterface } from 'node:readline/promises';
import { cliErrors } from './errors.ts';
import type { Session } from './session.ts';

/** Asks on the terminal. @throws confirmation_needed where there is none */
export async function confirm({ context, signal }: Session, question: string): Promise<boolean> {
  if (context.stdin.isTTY !== true)
    throw cliErrors.confirmation_needed('this cannot be asked: the input is no terminal');
  const reader = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = await reader.question(`${question} [y/N] `, { signal });
    return /^(y|yes)$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
