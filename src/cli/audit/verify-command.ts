/** `swarm audit verify`: runs the verifier, a program of its own that shares no code with swarmd. */
import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandBuilder, Session } from '../session.ts';

interface VerifyOptions {
  readonly key?: string;
  readonly checkpoint?: string;
}

/** Until workspaces are built. */
const WORKSPACE = 'default';

export function verifyCommand(build: CommandBuilder): Command {
  return build
    .command('verify', "Check a log, an export or a proof offline; without one: this home's log")
    .argument('[target]', "an export's folder or tar file, a proof, or a copy of a log's folder")
    .option('--key <file>', 'the public key, as "swarm audit key" printed it')
    .option(
      '--checkpoint <file>',
      'an older checkpoint that was kept elsewhere: nothing below it may have changed',
    )
    .addHelpText('after', HELP)
    .action(
      build.act(async (session, target: string | undefined, options: VerifyOptions) =>
        runVerifier(session, await verifierArguments(session, { target, options })),
      ),
    );
}

const HELP = `
Ends with 0 when everything fits, 1 when something was changed, reordered, removed or cut off, and
2 when it could not be checked. It reads files only: swarmd need not run, or be installed.

A log that is checked with the key that lies beside it proves that it is whole, not whose it is:
whoever could replace the log could replace that key. So keep key and checkpoints elsewhere:

  swarm audit key --to swarm.key; swarm audit checkpoint --to monday.checkpoint`;

async function verifierArguments(
  { context, output }: Session,
  { target, options }: { target: string | undefined; options: VerifyOptions },
): Promise<string[]> {
  const { cwd, home } = context;
  const ownKey = join(home, 'audit', 'key.pub');
  if (target !== undefined && options.key === undefined)
    throw cliErrors.usage('a key is needed: what is checked cannot vouch for itself', {
      remedy: `Add --key FILE, with what "swarm audit key" printed; of this home: --key ${ownKey}`,
    });
  const path = target === undefined ? join(home, 'audit', WORKSPACE) : resolve(cwd, target);
  const key = options.key === undefined ? ownKey : resolve(cwd, options.key);
  for (const file of [path, key, ...(options.checkpoint ? [resolve(cwd, options.checkpoint)] : [])])
    await access(file).catch((cause: unknown) => {
      const remedy =
        target === undefined && file === path
          ? 'This home has no log here. Set SWARM_HOME to the one that is meant, or name an export.'
          : 'Check the path.';
      throw cliErrors.file_missing(`${file} is not there, or cannot be read`, { cause, remedy });
    });
  if (target === undefined && options.key === undefined)
    output.note(
      `The key is ${ownKey}: from the same machine as the log.\n  → to rule out that both were replaced, check with a key kept elsewhere: --key FILE`,
    );
  return [
    path,
    ...['--key', key],
    ...(options.checkpoint === undefined ? [] : ['--checkpoint', resolve(cwd, options.checkpoint)]),
    ...(output.format === 'json' ? ['--output', 'json'] : []),
  ];
}

function runVerifier(session: Session, args: readonly string[]): Promise<number> {
  const { context, signal } = session;
  const program = join(context.wiring.root, 'verifier', 'verify.ts');
  const child = spawn(process.execPath, [program, ...args], {
    cwd: context.cwd,
    env: context.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  child.stdout.pipe(context.stdout, { end: false });
  child.stderr.pipe(context.stderr, { end: false });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code ?? EXIT.failure));
  });
}
