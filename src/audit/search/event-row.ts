/** What the index keeps of one event. */
import type { AuditEntry, StoredPayload } from '../../contracts/event.ts';
import type { EntryLocation } from '../ports.ts';
import { packLocation } from './entry-location.ts';
import { entryText } from './entry-text.ts';
import { type EventInstant, instantOf } from './event-instant.ts';
import {
  costMark,
  hashId,
  type IdHash,
  idMark,
  nameMark,
  nanosOf,
  runMark,
  STATUS_NUMBERS,
  statusMark,
} from './mark-tokens.ts';
import type { NameNumbers } from './name-numbers.ts';

/** Numbers of names and of costs; null: it has none. */
export interface EventFactNumbers {
  agent: number | null;
  tool: number | null;
  provider: number | null;
  model: number | null;
  machine: number | null;
  cost: number | null;
}

export interface CompletionRow {
  readonly seq: number;
  readonly segment: number;
  readonly leaf: number;
  readonly payload: number;
}

export interface EventRow {
  readonly seq: number;
  readonly time: EventInstant;
  status: number;
  readonly kind: number;
  readonly actor: number;
  readonly actorName: number;
  readonly facts: EventFactNumbers;
  readonly segment: number;
  readonly leaf: number;
  readonly payload: number;
  completion: CompletionRow | undefined;
  readonly idHash: IdHash;
  /** Words for FTS5, marks among them. */
  words: string;
}

/** What is added to an event's row when it is completed. */
export interface CompletionUpdate {
  readonly intent: number;
  readonly status: number;
  readonly facts: EventFactNumbers;
  readonly completion: CompletionRow;
  readonly words: string;
}

export interface EntryContent {
  readonly entry: AuditEntry;
  readonly payload: StoredPayload | null | undefined;
  readonly location: EntryLocation;
}

export interface RowContext {
  readonly names: NameNumbers;
  readonly seed: number;
}

export function eventRow(content: EntryContent, { names, seed }: RowContext): EventRow {
  const { entry } = content;
  const facts = factNumbers(entry, names);
  const kind = names.numberOf('kind', entry.kind);
  const actor = names.numberOf('actor', entry.actor.id);
  const actorName = names.numberOf('actor_name', entry.actor.name);
  const status = STATUS_NUMBERS[entry.status];
  const idHash = hashId(entry.id, seed);
  const marks = [idMark(idHash), nameMark(kind), nameMark(actor), nameMark(actorName)];
  return {
    ...{ seq: entry.seq, time: instantOf(entry.time), status, kind, actor, actorName, facts },
    ...packLocation(content.location),
    ...{ completion: undefined, idHash },
    words: wordsOf(content, [...marks, ...factMarks(entry, { facts, status, seed })]),
  };
}

export function completionUpdate(
  content: EntryContent & { readonly intent: number },
  { names, seed }: RowContext,
): CompletionUpdate {
  const { entry } = content;
  const facts = factNumbers(entry, names);
  const status = STATUS_NUMBERS[entry.status];
  return {
    ...{ intent: content.intent, status, facts },
    completion: { seq: entry.seq, ...packLocation(content.location) },
    words: wordsOf(content, factMarks(entry, { facts, status, seed })),
  };
}

/** For an event that was begun in the same batch. The first completion counts. */
export function complete(row: EventRow, update: CompletionUpdate): void {
  if (row.completion !== undefined) return;
  row.status = update.status;
  row.completion = update.completion;
  const { facts } = update;
  row.facts.agent = facts.agent ?? row.facts.agent;
  row.facts.tool = facts.tool ?? row.facts.tool;
  row.facts.provider = facts.provider ?? row.facts.provider;
  row.facts.model = facts.model ?? row.facts.model;
  row.facts.machine = facts.machine ?? row.facts.machine;
  row.facts.cost = facts.cost ?? row.facts.cost;
  row.words += ` ${update.words}`;
}

function wordsOf(content: EntryContent, marks: readonly string[]): string {
  return `${marks.join(' ')} ${entryText(content.entry, content.payload).join(' ')}`;
}

function factNumbers(entry: AuditEntry, names: NameNumbers): EventFactNumbers {
  const { agent, tool, provider, model, machine, cost } = entry;
  return {
    agent: agent === undefined ? null : names.numberOf('agent', agent),
    tool: tool === undefined ? null : names.numberOf('tool', tool),
    provider: provider === undefined ? null : names.numberOf('provider', provider),
    model: model === undefined ? null : names.numberOf('model', model),
    machine: machine === undefined ? null : names.numberOf('machine', machine),
    cost: cost === undefined ? null : nanosOf(cost.amount),
  };
}

function factMarks(
  entry: AuditEntry,
  {
    facts,
    status,
    seed,
  }: { readonly facts: EventFactNumbers; readonly status: number; readonly seed: number },
): string[] {
  const marks: string[] = [];
  const { agent, tool, provider, model, machine, cost } = facts;
  for (const name of [agent, tool, provider, model, machine])
    if (name !== null) marks.push(nameMark(name));
  if (status !== STATUS_NUMBERS.open) marks.push(statusMark(status));
  if (cost !== null) marks.push(costMark(cost));
  if (entry.run !== undefined) marks.push(runMark(hashId(entry.run, seed)));
  return marks;
}
