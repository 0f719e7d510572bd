/** Runs the verifier over a workspace's log as it lies there: a process of its own, at low priority. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../base/command.ts';
import type { LogWriter } from '../ports.ts';
import { readVerdict, type Verdict } from './read-verdict.ts';

/** Ten million entries take a minute; a machine that is busy with better things takes longer. */
const TIMEOUT_MS = 6 * 3_600_000;
const HEAP_MIB = 512;

export interface VerifierOptions {
  /** SWARM_HOME/audit */
  readonly dir: string;
  /** Path of verifier/verify.ts. */
  readonly program: string;
  readonly writer: Pick<LogWriter, 'publish'>;
  /** The line that key.pub has to be. @throws audit_key_invalid */
  readonly publicKey: () => string;
}

/** @throws the signal's reason, audit_key_invalid, command_missing, command_timed_out */
export async function runVerifier(
  workspaceId: string,
  { dir, program, writer, publicKey, signal }: VerifierOptions & { readonly signal: AbortSignal },
): Promise<Verdict> {
  const key = publicKey();
  // What the writer itself knows of its log: files that were put back as they were once lack of it.
  const kept = join(dir, workspaceId, 'tmp', 'verified-against');
  try {
    const note = await writer.publish(workspaceId).catch(() => undefined);
    if (note !== undefined) await writeFile(kept, note, { mode: 0o600 });
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const ended = await run(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'nice', '-n', '19'],
        ...[process.execPath, `--max-old-space-size=${HEAP_MIB}`, program, dir],
        ...['--workspace', workspaceId, '--key', key, '--threads', '1', '--json'],
        ...(note === undefined ? [] : ['--checkpoint', kept]),
      ],
      { env: { PATH, NODE_COMPILE_CACHE }, timeoutMs: TIMEOUT_MS, signal },
    );
    return readVerdict(ended);
  } finally {
    await rm(kept, { force: true });
  }
}
