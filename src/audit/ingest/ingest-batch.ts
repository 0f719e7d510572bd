/** One body's events on their way in: finds repeats and conflicts, and keeps the report. */
import type { EventStatus } from '../../contracts/event.ts';
import type { IngestReport } from '../../contracts/event-query.ts';
import type { EventDraft } from '../../contracts/trail.ts';
import type { AppendItem, IngestSource } from '../ports.ts';
import type { ingestErrors } from './errors.ts';
import {
  contentFingerprint,
  isSameContent,
  type KnownContent,
  type KnownIds,
} from './known-ids.ts';

const MAX_PROBLEMS = 100;

export type ProblemCode = Exclude<
  keyof typeof ingestErrors,
  'otlp_body_invalid' | 'event_ids_behind' | 'event_lines_too_many'
>;

/** Everything that comes from outside is whole: only swarmd follows a call to its end. */
export type IngestDraft = EventDraft & { readonly status: EventStatus; readonly phase: 'whole' };

interface Waiting {
  readonly line: number;
  readonly draft: IngestDraft;
  readonly content: KnownContent | undefined;
}

export class IngestBatch {
  readonly #source: IngestSource;
  readonly #known: KnownIds;
  readonly #waiting: Waiting[] = [];
  readonly #own = new Map<string, KnownContent>();
  readonly #problems: { line: number; code: string; message: string; id?: string }[] = [];
  #rejected = 0;
  #duplicates = 0;

  constructor(source: IngestSource, known: KnownIds) {
    this.#source = source;
    this.#known = known;
  }

  reject(line: number, problem: { code: ProblemCode; message: string; id?: string }): void {
    this.#rejected++;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ line, ...problem });
  }

  /** The agent that the event is written for, or undefined: it was rejected. */
  agentFor(
    line: number,
    said: { readonly agent: string | undefined; readonly id: string | undefined },
  ): { readonly agent: string | undefined } | undefined {
    const allowed = this.#source.agents;
    if (allowed === undefined) return { agent: said.agent };
    if (said.agent === undefined && allowed.length === 1) return { agent: allowed[0] };
    if (said.agent !== undefined && allowed.includes(said.agent)) return { agent: said.agent };
    const named = said.agent === undefined ? 'an event without an agent' : `agent "${said.agent}"`;
    this.reject(line, {
      code: 'event_agent_forbidden',
      message: `the token may not write for ${named}`,
      ...(said.id !== undefined && { id: said.id }),
    });
    return undefined;
  }

  /** `time` of the draft is what the sender said. */
  add(line: number, draft: IngestDraft): void {
    const { id } = draft;
    if (id === undefined) {
      this.#waiting.push({ line, draft, content: undefined });
      return;
    }
    const content: KnownContent = {
      fingerprint: contentFingerprint(draft),
      time: draft.time,
      requestBytes: draft.captured?.request?.totalBytes ?? 0,
      responseBytes: draft.captured?.response?.totalBytes ?? 0,
    };
    const known = this.#own.get(id) ?? this.#known.recent(id);
    if (known !== undefined) {
      this.#repeated(line, { id, same: isSameContent(known, content) });
      return;
    }
    this.#own.set(id, content);
    this.#waiting.push({ line, draft, content });
  }

  #repeated(line: number, { id, same }: { id: string; same: boolean }): void {
    if (same) this.#duplicates++;
    else
      this.reject(line, {
        code: 'event_id_conflict',
        message: 'the id belongs to an event with other content',
        id,
      });
  }

  /** Takes out what the log has of old. */
  finish(): { items: AppendItem[]; report: IngestReport; ids: ReadonlyMap<string, KnownContent> } {
    const older = this.#own.size === 0 ? undefined : this.#known.older([...this.#own.keys()]);
    const items: AppendItem[] = [];
    for (const { line, draft, content } of this.#waiting) {
      const known = older === undefined || draft.id === undefined ? undefined : older.get(draft.id);
      if (known === undefined || draft.id === undefined || content === undefined)
        items.push({ draft });
      else {
        this.#own.delete(draft.id);
        this.#repeated(line, { id: draft.id, same: isSameContent(known, content) });
      }
    }
    this.#problems.sort((a, b) => a.line - b.line);
    return {
      items,
      ids: this.#own,
      report: {
        accepted: items.length,
        duplicates: this.#duplicates,
        rejected: this.#rejected,
        problems: this.#problems,
      },
    };
  }
}
