/** `swarm audit verify`: runs the verifier, a program of its own that shares no code with swarmd. */
import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandBuilder, Session } from '../session.ts';
import { refuseWithOnServer, verifyOnServer } from './verify-on-server.ts';

interface VerifyOptions {
  readonly key?: string;
  readonly checkpoint?: string;
  readonly entry?: string;
  readonly strict?: boolean;
  readonly onServer?: boolean;
  readonly workspace?: string;
}

export function verifyCommand(build: CommandBuilder): Command {
  return build
    .command('verify', "Check a log, an export or a proof offline; without one: this home's log")
    .argument('[target]', "an export's folder or tar file, a proof, or a copy of a log's folder")
    .option('--key <key>', 'the public key that "swarm audit key" printed, or a file with it')
    .option(
      '--checkpoint <file>',
      'an older checkpoint that was kept elsewhere: nothing below it may have changed',
    )
    .option('--entry <file>', 'the entry that a C2SP tlog-proof is about')
    .option('--workspace <name>', 'of a log: only this one, also where its folder was renamed')
    .option('--strict', 'also what an honest log looks like after a crash is a finding')
    .option('--on-server', 'have swarmd verify its own log, and wait for what it finds')
    .addHelpText('after', HELP)
    .action(
      build.act(async (session, target: string | undefined, options: VerifyOptions) => {
        const { onServer, ...others } = options;
        if (onServer !== true)
          return runVerifier(session, await verifierArguments(session, { target, options }));
        const { key, checkpoint, entry, strict, workspace } = others;
        refuseWithOnServer([target, key, checkpoint, entry, strict, workspace]);
        return verifyOnServer(session);
      }),
    );
}

const HELP = `
Ends with 0 when everything fits, 1 when something was changed, reordered, removed or cut off, and
2 when it could not be checked. It reads files only: swarmd need not run, or be installed; except
with --on-server, which asks a swarmd, also one on another machine.

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
  const path = target === undefined ? join(home, 'audit') : resolve(cwd, target);
  const key = options.key ?? ownKey;
  const files = [path, options.checkpoint, options.entry, KEY_TEXT.test(key) ? undefined : key];
  for (const file of files)
    if (file !== undefined)
      await checkReadable(resolve(cwd, file), file === path && target === undefined);
  if (target === undefined && options.key === undefined)
    output.note(
      `The key is ${ownKey}: from the same machine as the log.\n  → to rule out that both were replaced, check with a key kept elsewhere: --key FILE`,
    );
  return [
    path,
    ...['--key', key],
    ...(options.checkpoint === undefined ? [] : ['--checkpoint', options.checkpoint]),
    ...(options.entry === undefined ? [] : ['--entry', options.entry]),
    ...(options.workspace === undefined ? [] : ['--workspace', options.workspace]),
    ...(options.strict === true ? ['--strict'] : []),
    ...(output.format === 'json' ? ['--json'] : []),
  ];
}

/** A key as C2SP signed-note writes it, and no path. */
const KEY_TEXT = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/;

async function checkReadable(file: string, ownLog: boolean): Promise<void> {
  try {
    await access(file);
  } catch (cause) {
    const remedy = ownLog
      ? 'Set SWARM_HOME to the home whose log is meant, or name an export or a copy.'
      : 'Check the path.';
    throw cliErrors.file_missing(`${file} is not there, or cannot be read`, { cause, remedy });
  }
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
