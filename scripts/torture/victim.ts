/** A victim, seen from the process that kills it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { VictimReport } from './victim-report.ts';

export interface VictimOptions {
  readonly dir: string;
  readonly seed: number;
  readonly workspaces: number;
  readonly segmentBytes: number;
  /** In front of it: fiu-run, strace. */
  readonly wrapper?: readonly string[];
}

/** A seed that this divides has the index beside the log; its threads take their time to start. */
export const INDEX_EVERY = 3;

const PROGRAM = new URL('audit-victim.ts', import.meta.url).pathname;

const COMPILED = join(tmpdir(), 'swarm-torture-compiled');

export class Victim {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #listeners = new Set<(report: VictimReport) => void>();
  readonly #warm: Promise<VictimReport>;
  readonly reports: VictimReport[] = [];
  stderr = '';

  constructor(options: VictimOptions) {
    const { dir, seed, workspaces, segmentBytes, wrapper = [] } = options;
    const [command = process.execPath, ...args] = [
      ...wrapper,
      ...[process.execPath, PROGRAM, dir, String(seed), String(workspaces), String(segmentBytes)],
    ];
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Hundreds of them start: what is compiled once is kept.
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
    });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.stderr = (this.stderr + text.toString()).slice(-10_000);
    });
    const lines = createInterface({ input: this.#child.stdout ?? process.stdin });
    // A line that the kill cut off was not acknowledged: nobody read it whole.
    lines.on('line', (line) => this.#take(line));
    this.#ended = Promise.all([once(this.#child, 'close'), once(lines, 'close')]);
    this.#ended.catch(() => undefined);
    this.#child.stdin?.on('error', () => undefined);
    this.#warm = this.next((report) => report.type === 'warm', 60_000);
    this.#warm.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async loaded(): Promise<void> {
    await this.#warm;
  }

  /**
   * Lets it begin, when it has loaded.
   * @param lookedAt entries that have been looked at, by workspace: it erases only such
   */
  async begin(lookedAt: Readonly<Record<string, number>> = {}): Promise<void> {
    await this.#warm;
    this.#child.stdin?.write(`${JSON.stringify(lookedAt)}\n`);
  }

  /** The first such report from now on. @throws Error when it ends before, or after the time */
  async next(wanted: (report: VictimReport) => boolean, timeoutMs: number): Promise<VictimReport> {
    const { promise, resolve, reject } = Promise.withResolvers<VictimReport>();
    const listener = (report: VictimReport) => {
      if (wanted(report)) resolve(report);
    };
    const timer = setTimeout(() => reject(new Error('the victim said nothing')), timeoutMs);
    this.#listeners.add(listener);
    const ended = this.#ended.then(() => {
      throw new Error(`the victim ended: ${this.stderr}`);
    });
    try {
      return await Promise.race([promise, ended]);
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    }
  }

  /** All it had said is in `reports` when this resolves. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Lets it close its log and end by itself. */
  async close(timeoutMs: number): Promise<void> {
    this.#child.stdin?.write('close\n');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #take(line: string): void {
    let report: VictimReport;
    try {
      report = JSON.parse(line) as VictimReport;
    } catch {
      return;
    }
    this.reports.push(report);
    for (const listener of this.#listeners) listener(report);
  }
}
