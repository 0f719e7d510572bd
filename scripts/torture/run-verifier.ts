import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = new URL('../../verifier/verify.ts', import.meta.url).pathname;
const TIMEOUT_MS = 120_000;

export interface Verdict {
  readonly ok: boolean;
  readonly text: string;
}

/** The repository's own verifier, as anybody runs it. */
export async function runVerifier(
  target: string,
  options: { readonly key: string; readonly checkpoint?: string },
): Promise<Verdict> {
  const args = [PROGRAM, target, '--key', options.key];
  if (options.checkpoint !== undefined) args.push('--checkpoint', options.checkpoint);
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      text = (text + bytes.toString()).slice(-10_000);
    });
  const [code] = await once(child, 'close');
  return { ok: code === 0, text };
}
