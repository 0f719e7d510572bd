import { once } from 'node:events';
import { constants } from 'node:os';
import type { ExecSession } from '../../contracts/client.ts';
import type { ExecArguments } from '../commands/exec.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';

/** Signal numbers end as 128 + N, as in a shell. */
export function exitCodeFor(exit: { exitCode: number | null; signal: string | null }): number {
  if (exit.exitCode !== null) return exit.exitCode;
  const number = constants.signals[exit.signal as NodeJS.Signals] as number | undefined;
  return number === undefined ? EXIT.failure : 128 + number;
}

export async function runExec(
  session: Session,
  wanted: { name: string; argv: readonly string[]; options: ExecArguments },
): Promise<number> {
  const { stdin, stdout } = session.context;
  const { options, name } = wanted;
  const tty = options.tty === true;
  if (tty && options.interactive === true && stdin.isTTY !== true)
    throw cliErrors.usage('-t asks for a terminal, and the input is none', {
      remedy: 'Leave -t out: swarm exec NAME -i -- COMMAND',
    });
  const client = await session.client();
  const remote = await client.exec(name, {
    argv: [...wanted.argv],
    tty,
    ...(tty && { columns: stdout.columns ?? 80, rows: (stdout as { rows?: number }).rows ?? 24 }),
    ...(options.replica !== undefined && { replica: options.replica }),
    ...(options.user !== undefined && { user: options.user }),
    ...(options.workdir !== undefined && { cwd: options.workdir }),
  });
  session.onInterrupt(() => remote.signal('SIGINT'));
  const detach = connectInput(session, { remote, tty, interactive: options.interactive === true });
  try {
    for await (const item of remote.output) {
      if (item.type === 'exit') return exitCodeFor(item);
      const stream = item.type === 'stdout' ? session.output.stdout : session.output.stderr;
      if (!stream.write(item.data)) await once(stream, 'drain');
    }
    return EXIT.failure;
  } finally {
    detach();
    remote.close();
  }
}

/** @returns what gives the terminal back. */
function connectInput(
  { context }: Session,
  { remote, tty, interactive }: { remote: ExecSession; tty: boolean; interactive: boolean },
): () => void {
  const { stdin, stdout } = context;
  if (!interactive) {
    remote.endInput();
    return () => undefined;
  }
  const raw = tty && stdin.isTTY === true;
  if (raw) stdin.setRawMode(true);
  const onResize = () => {
    const { columns = 80, rows = 24 } = stdout as { columns?: number; rows?: number };
    remote.resize({ columns, rows });
  };
  if (tty) stdout.on('resize', onResize);
  // One piece after the other: a slow command slows its writer.
  const onData = (chunk: Buffer) => {
    stdin.pause();
    remote.write(chunk).then(
      () => stdin.resume(),
      () => undefined, // The output says what broke.
    );
  };
  const onEnd = () => remote.endInput();
  stdin.on('data', onData).on('end', onEnd);
  return () => {
    if (raw) stdin.setRawMode(false);
    stdout.off('resize', onResize);
    stdin.off('data', onData).off('end', onEnd);
    stdin.pause();
    stdin.unref?.();
  };
}
