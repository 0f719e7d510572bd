/** Runs the program as its users do; for tests. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { FindingsReport } from './findings.ts';
import type { Verified } from './report.ts';

export interface VerifierRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of --json; undefined: there was no report. */
  readonly report: (FindingsReport & Verified & { readonly ok: boolean }) | undefined;
  readonly codes: readonly string[];
}

const TIMEOUT_MS = 120_000;
const PROGRAM = join(import.meta.dirname, 'verify.ts');

export function runVerifier(args: readonly string[]): Promise<VerifierRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : Number(error.code ?? -1);
        const report = stdout.startsWith('{') ? JSON.parse(stdout) : undefined;
        const codes = report?.findings.map((finding: { code: string }) => finding.code) ?? [];
        resolve({ exitCode, stdout, stderr, report, codes });
      },
    );
  });
}
