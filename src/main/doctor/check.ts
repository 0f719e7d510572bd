import { run } from '../../base/command.ts';
import type { DoctorCheck, DoctorOptions } from '../../cli/cli.ts';
import type { Configuration } from '../configuration.ts';

export interface Finding {
  readonly state: DoctorCheck['state'];
  readonly detail: string;
  readonly version?: string;
  readonly remedy?: string;
}

export interface CheckContext extends DoctorOptions {
  readonly root: string;
  readonly configuration: Configuration;
  /** What the checks before this one found, by name. */
  readonly found: Map<string, Finding>;
}

export interface Check {
  readonly name: string;
  /** Without it the main path does not work. */
  readonly needed: boolean;
  /** What it throws is told as what does not work. */
  look(context: CheckContext): Promise<Finding>;
}

const PROBE_TIMEOUT_MS = 60_000;

/** Runs a shell script as a probe: true when it ends well. `$1` and so on are `args`. */
export async function probeScript(
  script: string,
  { args = [], signal }: { args?: readonly string[]; signal: AbortSignal },
): Promise<{ works: boolean; said: string }> {
  const result = await run('sh', ['-ec', script, 'sh', ...args], {
    timeoutMs: PROBE_TIMEOUT_MS,
    signal,
  });
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').at(-1) ?? '';
  return { works: result.exitCode === 0, said: said.slice(0, 200) };
}

/** The first version number that a program says of itself. */
export async function programVersion(file: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(file, args, { timeoutMs: PROBE_TIMEOUT_MS });
  return /\d+\.\d+(\.\d+)?/.exec(stdout + stderr)?.[0] ?? 'unknown';
}
