/** What one workspace's log acknowledged, held against what lies in it. */

import { readFrames } from '../../src/audit/log/segment-reader.ts';
import type { CommittedLog, LogPosition } from '../../src/audit/ports.ts';
import type { VictimReport } from './victim-report.ts';

interface Promised {
  readonly id: string;
  readonly mark: string;
}

export class AcknowledgedEntries {
  readonly dir: string;
  readonly #bySeq = new Map<number, Promised>();
  readonly #ingested = new Set<string>();
  /** Everything before it has been looked at. */
  #from: LogPosition = { segment: 0, offset: 0 };
  #size = 0;
  /** Read and found to be what was promised. */
  checked = 0;
  repaired = 0;
  /** So many entries are acknowledged or known to be committed: they must outlive a power cut. */
  durable = 0;
  /** The newest checkpoint that left the victim. */
  checkpoint: string | undefined;

  /** @param dir of the workspace */
  constructor(dir: string) {
    this.dir = dir;
  }

  /** Entries below this have been looked at. */
  get lookedAt(): number {
    return this.#size;
  }

  take(report: VictimReport): void {
    if (report.type === 'acknowledged')
      for (const [seq, id, mark] of report.entries) {
        this.#bySeq.set(seq, { id, mark });
        this.durable = Math.max(this.durable, seq + 1);
      }
    if (report.type === 'committed') this.durable = Math.max(this.durable, report.size);
    if (report.type === 'ingested') for (const id of report.ids) this.#ingested.add(id);
    if (report.type === 'published') this.checkpoint = report.checkpoint;
  }

  /**
   * Reads what came since the last look; every leaf is held against its hash. Nothing of it may
   * be erased yet: a victim erases only what it is told has been looked at.
   * @returns what is lost or wrong
   */
  look(committed: CommittedLog): string[] {
    const wrong: string[] = [];
    for (const frame of readFrames(this.dir, { from: this.#from, to: committed.end }))
      for (const { seq, leaf } of frame.entries) {
        if (seq !== this.#size) wrong.push(`entry ${this.#size} is missing: there is ${seq}`);
        this.#size = seq + 1;
        if (leaf === undefined) wrong.push(`entry ${seq} is erased, and was not to be`);
        else this.#compare(seq, leaf, wrong);
      }
    if (this.#size !== committed.size)
      wrong.push(`${this.#size} entries can be read, not ${committed.size}`);
    for (const [seq, { id }] of this.#bySeq)
      wrong.push(`entry ${seq} (${id}) was acknowledged and is not there`);
    for (const id of this.#ingested)
      wrong.push(`event ${id} was taken from outside, acknowledged, and is not there`);
    this.#bySeq.clear();
    this.#ingested.clear();
    this.#from = committed.end;
    this.durable = Math.max(this.durable, committed.size);
    return wrong;
  }

  #compare(seq: number, leaf: Buffer, wrong: string[]): void {
    const entry = JSON.parse(leaf.toString()) as {
      readonly seq: number;
      readonly id: string;
      readonly kind: string;
      readonly attributes?: { readonly mark?: string };
    };
    if (entry.seq !== seq) wrong.push(`entry ${seq} says that it is ${entry.seq}`);
    if (entry.kind === 'audit.repaired') this.repaired++;
    if (this.#ingested.delete(entry.id)) this.checked++;
    const promised = this.#bySeq.get(seq);
    if (promised === undefined) return;
    this.#bySeq.delete(seq);
    this.checked++;
    if (promised.id !== entry.id || promised.mark !== entry.attributes?.mark)
      wrong.push(`entry ${seq} is ${entry.id}, and ${promised.id} was acknowledged`);
  }
}
