import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../cli/cli.ts';

/** This long after Ctrl-C, or at a second one, the process ends whatever it waits for. */
const INTERRUPT_GRACE_MS = 3_000;
const INTERRUPTED = 130;

/** Runs the CLI with this process's arguments, streams and signals, and ends the process. */
export async function main({ root, home }: { root: string; home: string }): Promise<void> {
  // `swarm logs … | head`: who reads no more wants no message about it.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  const running = runCli({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    home,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    wiring: {
      root,
      swarmdPath: join(root, 'src/main/swarmd.ts'),
      get version() {
        return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string;
      },
      async *doctor(options) {
        const { checkParts } = await import('./doctor.ts');
        yield* checkParts({ ...options, root });
      },
    },
  });
  let interrupts = 0;
  process.on('SIGINT', () => {
    if (running.interrupt() === 'taken') return;
    interrupts++;
    if (interrupts > 1) process.exit(INTERRUPTED);
    setTimeout(() => process.exit(INTERRUPTED), INTERRUPT_GRACE_MS).unref();
  });
  exitWith(await running.exitCode);
}

/** Ends once everything that was written is through, whatever sockets are still open. */
function exitWith(exitCode: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}
