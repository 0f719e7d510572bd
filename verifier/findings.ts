/** What a verification has to say. At most 1,000 findings are listed; all are counted. */

export const MAX_LISTED = 1000;

export interface Finding {
  /** Stable word, such as leaf_mismatch. */
  readonly code: string;
  /** A sentence. */
  readonly message: string;
  readonly workspace?: string;
  /** Relative to the folder that is verified. */
  readonly file?: string;
  /** Bytes from the file's beginning. */
  readonly offset?: number;
  readonly seq?: number;
}

export interface FindingsReport {
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
  readonly notes: readonly Finding[];
  readonly notesTotal: number;
}

export class Findings {
  readonly #findings: Finding[] = [];
  readonly #notes: Finding[] = [];
  #findingsTotal = 0;
  #notesTotal = 0;
  readonly #strict: boolean;

  constructor(options: { readonly strict: boolean }) {
    this.#strict = options.strict;
  }

  /** The log is not what was written and signed. */
  add(finding: Finding): void {
    this.#findingsTotal += 1;
    if (this.#findings.length < MAX_LISTED) this.#findings.push(finding);
  }

  /** What an honest log looks like after a crash, or while it is written: a finding if strict. */
  note(finding: Finding): void {
    if (this.#strict) {
      this.add(finding);
      return;
    }
    this.#notesTotal += 1;
    if (this.#notes.length < MAX_LISTED) this.#notes.push(finding);
  }

  /** Takes over what was found elsewhere; what was not listed there stays counted. */
  merge(other: FindingsReport, where: { readonly workspace?: string } = {}): void {
    for (const finding of other.findings) this.add({ ...where, ...finding });
    for (const note of other.notes) this.note({ ...where, ...note });
    this.#findingsTotal += other.findingsTotal - other.findings.length;
    const unlisted = other.notesTotal - other.notes.length;
    if (this.#strict) this.#findingsTotal += unlisted;
    else this.#notesTotal += unlisted;
  }

  get total(): number {
    return this.#findingsTotal;
  }

  report(): FindingsReport {
    return {
      findings: this.#findings,
      findingsTotal: this.#findingsTotal,
      notes: this.#notes,
      notesTotal: this.#notesTotal,
    };
  }
}
