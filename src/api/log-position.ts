/**
 * How far the log of an agent has been told, over all its machines: `AGENT:ID:m1.12,m2.40`. Machines
 * that run are named with their newest line that was told; of those that have ended, all up to ID,
 * the newest of them, have been told. Ids of machines sort by the time they were made.
 */
const FORM = /^(?<agent>[a-z0-9-]+):(?<passed>\w*):(?<machines>(\w+\.\d{1,15}(,|$))*)$/;

export class LogPosition {
  readonly agent: string;
  /** The newest line that was told, by machine. */
  readonly #told = new Map<string, number>();
  #passed = '';

  constructor(agent: string) {
    this.agent = agent;
  }

  /** @returns undefined when it is none of that agent */
  static parse(agent: string, text: string): LogPosition | undefined {
    const found = FORM.exec(text)?.groups;
    if (found === undefined || found.agent !== agent) return undefined;
    const position = new LogPosition(agent);
    position.#passed = found.passed ?? '';
    for (const one of (found.machines ?? '').split(',').filter((each) => each !== '')) {
      const [machine = '', seq = ''] = one.split('.');
      position.#told.set(machine, Number(seq));
    }
    return position;
  }

  /** Nothing of it is left to be told. */
  isPassed(machine: { readonly id: string; readonly endedAt: string | null }): boolean {
    return machine.endedAt !== null && !this.#told.has(machine.id) && machine.id <= this.#passed;
  }

  /** The newest line that was told; 0: none. */
  toldOf(machine: string): number {
    return this.#told.get(machine) ?? 0;
  }

  /** From here on lines of the machine are expected, behind that one. */
  begin(machine: string, toldSeq: number): void {
    this.#told.set(machine, toldSeq);
  }

  /** A line is told. @returns how many before it were left out */
  tell({ machine, seq }: { readonly machine: string; readonly seq: number }): number {
    const before = this.toldOf(machine);
    this.#told.set(machine, Math.max(before, seq));
    return Math.max(0, seq - before - 1);
  }

  /** No more lines of the machine will come. */
  end(machine: string): void {
    this.#told.delete(machine);
    if (machine > this.#passed) this.#passed = machine;
  }

  toString(): string {
    const machines = [...this.#told].map(([machine, seq]) => `${machine}.${seq}`);
    return `${this.agent}:${this.#passed}:${machines.join(',')}`;
  }
}
