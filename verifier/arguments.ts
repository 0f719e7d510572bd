/** What the program was asked for. */
import { parseArgs } from 'node:util';

export const USAGE = `Usage: node verifier/verify.ts WHAT --key FILE-OR-KEY [options]

Checks an audit log, an export of it, or the proof of one event, offline and without changing
anything. WHAT is the folder audit/, the folder of one workspace in it, the folder or tar file of an
export, or a proof (JSON, or C2SP tlog-proof with --entry).

  --key FILE-OR-KEY   the log's public key (key.pub, or its text): keep it apart from the log
  --checkpoint FILE   a checkpoint kept from before: nothing below it was changed since
  --workspace NAME    only this workspace; or the name of a workspace's folder that was renamed
  --entry FILE        the entry that a tlog-proof is about, as canonical JSON
  --strict            every signature is checked, not only one in each 256 entries; and what an
                      honest log looks like after a crash is a finding, too
  --threads N         at most so many threads; default: one for each processor, at most 8
  --json              one JSON object instead of text
  --quiet             no output: only the exit code

Exit code: 0 all is right, 1 something was found, 2 wrong usage, or something cannot be read.
`;

export interface Arguments {
  readonly target: string;
  readonly key: string;
  readonly checkpoint?: string;
  readonly workspace?: string;
  readonly entry?: string;
  readonly strict: boolean;
  readonly threads?: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What stands in the way before anything was verified: exit code 2. */
export class UsageProblem extends Error {}

/** @throws UsageProblem; @returns undefined when help was asked for */
export function parseArguments(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parsed(args);
  if (values.help === true) return undefined;
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0)
    throw new UsageProblem('name one folder, tar file or proof');
  if (values.key === undefined)
    throw new UsageProblem(
      '--key is missing: the public key, from where the log is not: a log brings its own otherwise',
    );
  return {
    target,
    key: values.key,
    ...(values.checkpoint === undefined ? {} : { checkpoint: values.checkpoint }),
    ...(values.workspace === undefined ? {} : { workspace: values.workspace }),
    ...(values.entry === undefined ? {} : { entry: values.entry }),
    strict: values.strict === true,
    ...(values.threads === undefined ? {} : { threads: parseThreads(values.threads) }),
    json: values.json === true,
    quiet: values.quiet === true,
  };
}

function parseThreads(text: string): number {
  if (/^[1-8]$/.test(text)) return Number(text);
  throw new UsageProblem('--threads takes a number from 1 to 8');
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        checkpoint: { type: 'string' },
        workspace: { type: 'string' },
        entry: { type: 'string' },
        strict: { type: 'boolean' },
        threads: { type: 'string' },
        json: { type: 'boolean' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message : String(error));
  }
}
