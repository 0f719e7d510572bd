/**
 * Kills a writer of the audit log at random moments, over and over, and looks after each time
 * whether anything that was acknowledged is missing, and whether the verifier cries out.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AcknowledgedEntries } from './acknowledged-entries.ts';
import { runVerifier } from './run-verifier.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';
import { tearTail } from './torn-tail.ts';
import { INDEX_EVERY, Victim } from './victim.ts';
import type { VictimReport } from './victim-report.ts';

export interface TortureOptions {
  readonly cycles: number;
  readonly seed: number;
  readonly minutes: number;
  /** Folders that are tortured at the same time. */
  readonly lanes: number;
  /** Every so many cycles of a lane the verifier looks at everything. */
  readonly verifyEvery: number;
  readonly onProgress: (totals: TortureTotals) => void;
}

export interface TortureTotals {
  /** Kills of the process that had the log open. */
  cycles: number;
  /** By what it was doing. */
  readonly kills: Record<Moment, number>;
  acknowledged: number;
  /** Of those, found again where they were said to be. */
  found: number;
  /** Ends of logs, not known to be durable, that were torn as a power cut tears them. */
  torn: number;
  /** Starts that had a torn tail or missing tiles to mend. */
  repairs: number;
  /** Indexes that lived through it all, against ones made anew. */
  indexesCompared: number;
  verified: number;
  falseAlarms: number;
  readonly problems: string[];
  /** Where what was wrong is kept. */
  readonly kept: string[];
  seconds: number;
}

const MOMENTS = ['opening', 'appending', 'publish', 'erase'] as const;
type Moment = (typeof MOMENTS)[number];

const WORKSPACES = 2;
const SEGMENT_BYTES = 16 * 1024;
/** Then the folder is verified and another one begun: it must not take long to read. */
const CYCLES_A_FOLDER = 60;
const OPEN_TIMEOUT_MS = 60_000;
const MAX_PROBLEMS = 20;
const CLOSE_TIMEOUT_MS = 180_000;

export async function tortureAudit(options: TortureOptions): Promise<TortureTotals> {
  const startedMs = performance.now();
  const totals: TortureTotals = {
    ...{
      cycles: 0,
      acknowledged: 0,
      found: 0,
      torn: 0,
      repairs: 0,
      indexesCompared: 0,
      verified: 0,
      falseAlarms: 0,
    },
    ...{ kills: { opening: 0, appending: 0, publish: 0, erase: 0 } },
    ...{ problems: [], kept: [], seconds: 0 },
  };
  const isOver = () =>
    totals.cycles >= options.cycles ||
    totals.problems.length >= MAX_PROBLEMS ||
    performance.now() - startedMs > options.minutes * 60_000;
  const lane = async (number: number) => {
    const random = seededRandom(options.seed * 1_000 + number);
    while (!isOver()) {
      const folder = new TorturedFolder({ options, totals, random });
      try {
        await folder.run(isOver);
      } catch (error) {
        folder.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
      } finally {
        await folder.remove();
      }
      totals.seconds = (performance.now() - startedMs) / 1_000;
      options.onProgress(totals);
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, (_, number) => lane(number)));
  totals.seconds = (performance.now() - startedMs) / 1_000;
  return totals;
}

/** One audit folder, from its first victim to the last look of the verifier. */
class TorturedFolder {
  readonly #options: TortureOptions;
  readonly #totals: TortureTotals;
  readonly #random: SeededRandom;
  #home = '';
  #logs = new Map<string, AcknowledgedEntries>();
  #next: Victim | undefined;
  #current: Victim | undefined;
  #isWrong = false;

  constructor(given: { options: TortureOptions; totals: TortureTotals; random: SeededRandom }) {
    this.#options = given.options;
    this.#totals = given.totals;
    this.#random = given.random;
  }

  get #dir(): string {
    return join(this.#home, 'audit');
  }

  async run(isOver: () => boolean): Promise<void> {
    this.#home = await mkdtemp(join(tmpdir(), 'swarm-torture-'));
    for (let w = 0; w < WORKSPACES; w++)
      this.#logs.set(`w${w}`, new AcknowledgedEntries(join(this.#dir, `w${w}`)));
    for (let cycle = 1; cycle <= CYCLES_A_FOLDER && !isOver() && !this.#isWrong; cycle++) {
      await this.#killOne();
      if (cycle % this.#options.verifyEvery === 0) await this.#verify();
    }
    await this.#endWell();
    await this.#verify();
    for (const log of this.#logs.values()) {
      this.#totals.found += log.checked;
      this.#totals.repairs += log.repaired;
    }
  }

  async remove(): Promise<void> {
    await this.#next?.kill();
    await this.#current?.kill();
    if (this.#isWrong) this.#totals.kept.push(this.#home);
    else await rm(this.#home, { recursive: true, force: true });
  }

  problem(text: string): void {
    this.#isWrong = true;
    if (this.#totals.problems.length < MAX_PROBLEMS) this.#totals.problems.push(text);
  }

  async #killOne(): Promise<void> {
    const victim = this.#next ?? this.#newVictim();
    this.#current = victim;
    // The one after it loads meanwhile: a kill is not to wait for that.
    this.#next = this.#newVictim();
    const moment = MOMENTS[this.#random.below(MOMENTS.length)] ?? 'opening';
    await victim.begin(this.#lookedAt());
    if (moment === 'opening') await sleep(this.#random.below(100));
    else {
      await this.#opened(victim);
      if (moment === 'appending') await sleep(this.#random.below(60));
      else {
        const isBegun = (report: VictimReport) => report.type === 'begun' && report.what === moment;
        // It may never come to it, as when there is nothing to erase yet.
        await victim.next(isBegun, 150).catch(() => undefined);
        await sleep(this.#random.below(6));
      }
    }
    await victim.kill();
    this.#current = undefined;
    this.#totals.kills[moment]++;
    this.#totals.cycles++;
    await this.#takeReports(victim);
    if (this.#random.chance(0.3)) await this.#tear();
  }

  async #tear(): Promise<void> {
    for (const log of this.#logs.values()) {
      const torn = await tearTail(log.dir, { durable: log.durable, random: this.#random });
      if (torn !== undefined) this.#totals.torn++;
    }
  }

  #newVictim({ withIndex = false } = {}): Victim {
    const seed = 1 + this.#random.below(1e8);
    return new Victim({
      ...{ dir: this.#dir, seed: withIndex ? seed * INDEX_EVERY : seed },
      ...{ workspaces: WORKSPACES, segmentBytes: SEGMENT_BYTES },
    });
  }

  #lookedAt(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#logs].map(([name, log]) => [name, log.lookedAt]));
  }

  async #opened(victim: Victim): Promise<void> {
    const last = `w${WORKSPACES - 1}`;
    const isOpen = (report: VictimReport) => report.type === 'open' && report.workspace === last;
    if (victim.reports.some(isOpen)) return;
    await victim.next(isOpen, OPEN_TIMEOUT_MS);
  }

  /** What it says first is what it found: everything before it was acknowledged must be in that. */
  async #takeReports(victim: Victim): Promise<void> {
    for (const report of victim.reports) {
      const log = 'workspace' in report ? this.#logs.get(report.workspace) : undefined;
      if (report.type === 'acknowledged') this.#totals.acknowledged += report.entries.length;
      if (report.type === 'ingested') this.#totals.acknowledged += report.ids.length;
      if (report.type === 'compared') {
        this.#totals.indexesCompared++;
        for (const wrong of report.wrong) this.problem(wrong);
      }
      if (report.type === 'refused' || (report.type === 'state' && !report.state.available))
        this.problem(`refused without a fault: ${JSON.stringify(report)}`);
      if (report.type !== 'open' && report.type !== 'closed') log?.take(report);
      else if (!report.state.available) this.problem(`does not open: ${report.state.reason}`);
      else for (const wrong of log?.look(report.committed) ?? []) this.problem(wrong);
    }
    if (victim.stderr !== '') this.problem(victim.stderr);
  }

  /** A victim that may close its log. */
  async #endWell(): Promise<void> {
    if (this.#isWrong) return;
    await this.#next?.kill();
    this.#next = undefined;
    const victim = this.#newVictim({ withIndex: true });
    this.#current = victim;
    await victim.begin(this.#lookedAt());
    await this.#opened(victim);
    await victim.close(CLOSE_TIMEOUT_MS);
    this.#current = undefined;
    await this.#takeReports(victim);
    if (!victim.reports.some(({ type }) => type === 'closed'))
      this.problem('the last victim did not close its log in time');
  }

  /** With the newest checkpoint that left the victims: nothing below it may be different now. */
  async #verify(): Promise<void> {
    const [, log] = [...this.#logs][this.#random.below(WORKSPACES)] ?? [];
    const kept = join(this.#home, 'kept');
    if (log?.checkpoint !== undefined) await writeFile(kept, log.checkpoint);
    const verdict = await runVerifier(this.#dir, {
      key: join(this.#dir, 'key.pub'),
      ...(log?.checkpoint !== undefined && { checkpoint: kept }),
    });
    this.#totals.verified++;
    if (verdict.ok) return;
    this.#totals.falseAlarms++;
    this.problem(verdict.text);
    await cp(this.#dir, join(this.#home, 'as-the-verifier-saw-it'), { recursive: true });
  }
}
