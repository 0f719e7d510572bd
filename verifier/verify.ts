/**
 * Checks an audit log of Swarm, an export or a proof, offline, with only the public key. Written
 * from docs/audit-format.md; shares no code with what wrote the log. Changes nothing.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Arguments, parseArguments, USAGE, UsageProblem } from './arguments.ts';
import { Findings } from './findings.ts';
import { jsonReport, progressTo, textReport, type Verified } from './report.ts';
import {
  type Checkpoint,
  NoteProblem,
  openCheckpoint,
  parseKey,
  type VerifierKey,
} from './signed-note.ts';
import { toldKind } from './told-kind.ts';
import { verifyExport } from './verify-export.ts';
import { verifyLog } from './verify-log.ts';
import { verifyProof } from './verify-proof.ts';

const LOG_PARTS = ['segments', 'tile', 'checkpoint'];

function readKey(given: string): VerifierKey {
  const isFile = existsSync(given);
  if (!isFile && !given.includes('+')) throw new UsageProblem(`there is no key file ${given}`);
  try {
    return parseKey(isFile ? readFileSync(given, 'utf8') : given);
  } catch (error) {
    throw new UsageProblem(`the key cannot be used: ${(error as Error).message}`);
  }
}

/** Not signed by the key, it says nothing: that is no finding about the log. */
function readCheckpoint(path: string, key: VerifierKey): Checkpoint {
  try {
    return openCheckpoint(readFileSync(path), key);
  } catch (error) {
    const what = error instanceof NoteProblem ? 'is no checkpoint of this key' : 'cannot be read';
    throw new UsageProblem(`the checkpoint ${path} ${what}: ${(error as Error).message}`);
  }
}

function isLogFolder(folder: string): boolean {
  return LOG_PARTS.some((part) => existsSync(join(folder, part)));
}

/** In a copy of audit/ the key lies beside the logs: it must be the one that was given. */
function checkKeyFile(folder: string, options: { key: VerifierKey; findings: Findings }): void {
  const file = 'key.pub';
  const path = join(folder, file);
  if (!existsSync(path)) {
    options.findings.note({ code: 'key_missing', message: 'there is no key.pub', file });
    return;
  }
  if (readFileSync(path).equals(Buffer.from(`${options.key.text}\n`))) return;
  const message = 'it is not the key that was given';
  options.findings.add({ code: 'key_mismatch', message, file });
}

interface Options {
  readonly args: Arguments;
  readonly key: VerifierKey;
  readonly kept: Checkpoint | undefined;
  readonly findings: Findings;
}

async function verifyOne(
  folder: string,
  workspace: string,
  options: Options,
): Promise<Verified['logs'][number]> {
  const { args, key, kept } = options;
  const findings = new Findings({ strict: args.strict });
  const progress = progressTo(process.stderr, args);
  const isKept = kept !== undefined && kept.origin === `${key.name}/${workspace}`;
  const summary = await verifyLog({
    folder,
    workspace,
    key,
    findings,
    everySignature: args.strict,
    ...(args.threads === undefined ? {} : { threads: args.threads }),
    ...(isKept ? { kept } : {}),
    onProgress: progress.show,
  });
  progress.end();
  options.findings.merge(findings.report(), { workspace });
  return summary;
}

/** The folder audit/, or one workspace's. */
async function verifyLogs(target: string, options: Options): Promise<Verified> {
  const { args, findings, key, kept } = options;
  const logs: Verified['logs'][number][] = [];
  if (isLogFolder(target)) {
    const workspace = args.workspace ?? basename(realpathSync(target));
    logs.push(await verifyOne(target, workspace, options));
  } else {
    checkKeyFile(target, { key, findings });
    const workspaces = readdirSync(target, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isLogFolder(join(target, entry.name)))
      .map((entry) => entry.name)
      .filter((name) => args.workspace === undefined || name === args.workspace);
    if (workspaces.length === 0)
      throw new UsageProblem(`there is no log and no export in ${target}`);
    for (const workspace of workspaces)
      logs.push(await verifyOne(join(target, workspace), workspace, options));
  }
  if (kept !== undefined && !logs.some((log) => log.origin === kept.origin)) {
    const message = `the checkpoint that was given is of the log ${kept.origin}, which is not here`;
    findings.add({ code: 'checkpoint_origin', message });
  }
  return { kind: 'log', logs };
}

async function verifyTarget(options: Options): Promise<Verified> {
  const { target } = options.args;
  if (!existsSync(target)) throw new UsageProblem(`there is no ${target}`);
  const isFolder = statSync(target).isDirectory();
  if (
    isFolder &&
    !existsSync(join(target, 'manifest.json')) &&
    !existsSync(join(target, 'manifest.sig'))
  )
    return await verifyLogs(target, options);
  const { key, kept, findings } = options;
  const kind = isFolder ? 'export' : toldKind(target);
  if (kind === undefined)
    throw new UsageProblem(
      `${target} is neither an export (the tar file, or the folder it was unpacked to) nor a proof`,
    );
  if (kind === 'proof') {
    const { workspace, entry } = options.args;
    const bytes = readFileSync(target);
    return {
      kind: 'proof',
      logs: [],
      proof: verifyProof(bytes, { key, kept, workspace, entry, findings }),
    };
  }
  const progress = progressTo(process.stderr, options.args);
  const summary = await verifyExport(target, { key, kept, findings, onProgress: progress.show });
  progress.end();
  return { kind: 'export', logs: [], export: summary };
}

/** @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const args = parseArguments(argv);
    if (args === undefined) {
      process.stdout.write(USAGE);
      return 0;
    }
    const key = readKey(args.key);
    const kept = args.checkpoint === undefined ? undefined : readCheckpoint(args.checkpoint, key);
    const findings = new Findings({ strict: args.strict });
    const verified = await verifyTarget({ args, key, kept, findings });
    const report = findings.report();
    if (args.json) process.stdout.write(jsonReport(args.target, verified, report));
    else if (!args.quiet) process.stdout.write(textReport(args.target, verified, report));
    return findings.total === 0 ? 0 : 1;
  } catch (error) {
    const isUsage = error instanceof UsageProblem;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${isUsage ? message : `it cannot be read: ${message}`}\n`);
    if (isUsage) process.stderr.write('Run with --help for how to use it.\n');
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
