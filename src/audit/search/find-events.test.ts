import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { EventResource } from '../../contracts/event.ts';
import type { EventTerms } from '../../contracts/event-query.ts';
import {
  openTestLog,
  type TestItem,
  type TestLog,
  testEvents,
  WORKSPACE,
} from './search-fixture.ts';

const AGENTS = ['a', 'b', 'c-1'];
const WORDS = ['alpha', 'beta', 'gamma', 'alphabet', 'delta', 'be'];
const KINDS = Object.values(testEvents);
const START_MS = Date.UTC(2026, 0, 1);
const RUNS = ['1'.repeat(32), '2'.repeat(32)];
const EVENTS = 400;

let log: TestLog;
let all: readonly EventResource[];

function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

function randomItem(next: (below: number) => number): TestItem {
  const pick = <T>(values: readonly T[]): T => values[next(values.length)] as T;
  const text = Array.from({ length: 1 + next(5) }, () => pick(WORDS)).join(' ');
  const nanos = String(next(1_000_000_000)).padStart(9, '0');
  return {
    kind: pick(KINDS),
    status: pick(['ok', 'error', 'refused'] as const),
    time: `${new Date(START_MS + next(100) * 1000).toISOString().slice(0, 19)}.${nanos}Z`,
    attributes: { text },
    ...(next(3) > 0 && { agent: pick(AGENTS) }),
    ...(next(3) > 0 && { tool: pick(['t1', 't2']) }),
    ...(next(3) > 0 && { run: pick(RUNS) }),
    ...(next(2) > 0 && { cost: { amount: `0.0${next(99)}`, currency: 'USD', prices: 'x' } }),
  };
}

before(async () => {
  log = await openTestLog();
  const next = numbers(42);
  for (let done = 0; done < EVENTS; ) {
    const items = Array.from({ length: 1 + next(40) }, () => randomItem(next));
    const intents = items.filter(() => next(3) === 0);
    const plain = items.filter((item) => !intents.includes(item));
    const opened = await log.append(
      ...plain,
      ...intents.map((item): TestItem => ({ ...item, phase: 'intent' })),
    );
    const completions = opened.slice(plain.length).flatMap(({ seq, id }, i): TestItem[] => {
      const kind = intents[i]?.kind;
      if (next(4) === 0 || kind === undefined) return [];
      const facts = { tool: 't3', attributes: { late: WORDS[next(WORDS.length)] ?? '' } };
      return [{ kind, phase: 'completion', intent: seq, id, status: 'error', ...facts }];
    });
    if (completions.length > 0) await log.append(...completions);
    done += items.length;
  }
  all = await everything(log, {});
});

after(async () => {
  await log?.[Symbol.asyncDispose]();
});

async function everything(
  { search }: TestLog,
  terms: EventTerms,
  how: { order?: 'asc' | 'desc'; limit?: number } = {},
): Promise<EventResource[]> {
  const items: EventResource[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await search.list(WORKSPACE, terms, { ...how, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

/** Written without the source's own matcher. */
function matchesNaively(event: EventResource, terms: EventTerms): boolean {
  const ns = BigInt(Date.parse(`${event.time.slice(0, 19)}Z`)) * 1_000_000n;
  const timeNs = ns + BigInt((event.time.slice(20, -1) || '0').padEnd(9, '0'));
  const text = [event.kind, event.actor.name, event.agent, event.tool]
    .concat(Object.values(event.attributes ?? {}).map(String))
    .join(' ')
    .toLowerCase();
  const words = text.split(/[^a-z0-9]+/);
  const has = (values: readonly string[] | undefined, value: string | undefined) =>
    values === undefined || values.some((one) => one === value);
  return (
    has(terms.agent, event.agent) &&
    has(terms.tool, event.tool) &&
    has(terms.status, event.status) &&
    (terms.kind?.some((kind) => event.kind === kind || event.kind.startsWith(kind.slice(0, -1))) ??
      true) &&
    (terms.run === undefined || terms.run === event.run) &&
    (terms.sinceNs === undefined || timeNs >= terms.sinceNs) &&
    (terms.untilNs === undefined || timeNs < terms.untilNs) &&
    (terms.minCost === undefined || Number(event.cost?.amount ?? -1) >= Number(terms.minCost)) &&
    (terms.text ?? '')
      .split(' ')
      .filter((word) => word !== '')
      .every((word) =>
        word.endsWith('*')
          ? words.some((one) => one.startsWith(word.slice(0, -1)))
          : words.includes(word),
      )
  );
}

const some = <T>(values: readonly T[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }), {
    nil: undefined,
  });
const anyTime = fc.option(
  fc.integer({ min: 0, max: 100_000 }).map((ms) => BigInt(START_MS + ms) * 1_000_000n),
  { nil: undefined },
);
const anyTerms: fc.Arbitrary<EventTerms> = fc
  .record({
    agent: some([...AGENTS, 'nobody']),
    tool: some(['t1', 't2', 't3']),
    kind: some(['searchtest.call', 'searchtest.*', 'searchother.*']),
    status: some(['open', 'ok', 'error', 'refused'] as const),
    run: fc.option(fc.constantFrom(...RUNS), { nil: undefined }),
    sinceNs: anyTime,
    untilNs: anyTime,
    minCost: fc.option(fc.constantFrom('0', '0.01', '0.055', '1'), { nil: undefined }),
    text: fc.option(
      fc
        .array(fc.constantFrom(...WORDS, 'alph*', 'be*', 'ada'), { minLength: 1, maxLength: 2 })
        .map((words) => words.join(' ')),
      { nil: undefined },
    ),
  })
  .map((terms) => Object.fromEntries(Object.entries(terms).filter(([, v]) => v !== undefined)));

test('finds by any terms, in both orders and any page size, what a plain filter finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyTerms,
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.integer({ min: 1, max: 60 }),
      async (terms, order, limit) => {
        const found = await everything(log, terms, { order, limit });
        const expected = all.filter((event) => matchesNaively(event, terms)).map(({ seq }) => seq);
        if (order === 'asc') expected.reverse();
        assert.deepEqual(
          found.map(({ seq }) => seq),
          expected,
        );
      },
    ),
    { numRuns: 150 },
  );
});

test('gives both entries of matching events to an export, ascending', async () => {
  const { size } = log.writer.committed(WORKSPACE);
  for (const terms of [{}, { status: ['error'] as const }, { text: 'alpha' }]) {
    const seqs: number[] = [];
    for await (const batch of log.search.entries(WORKSPACE, terms, { size }))
      seqs.push(...batch.map(({ seq }) => seq));
    const expected = (await everything(log, terms))
      .flatMap(({ seq, completedSeq }) =>
        completedSeq === undefined ? [seq] : [seq, completedSeq],
      )
      .sort((a, b) => a - b);
    assert.deepEqual(seqs, expected);
  }
});

test('finds the same after the index was made again', async () => {
  const before = await everything(log, {}, { limit: 1000 });
  const words = await everything(log, { text: 'alpha' });
  const { entries } = await log.search.reindex(WORKSPACE);
  assert.equal(entries, log.writer.committed(WORKSPACE).size);
  assert.deepEqual(await everything(log, {}, { limit: 1000 }), before);
  assert.deepEqual(await everything(log, { text: 'alpha' }), words);
});

test('takes any text for words: nothing is a syntax error', async () => {
  const { search } = log;
  const query = fc.oneof(
    fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '"',
          '*',
          'AND',
          'OR',
          'NOT',
          'NEAR(',
          ')',
          '(',
          ':',
          '^',
          '-',
          '+',
          '{',
          '}',
        ),
        { minLength: 1, maxLength: 12 },
      )
      .map((parts) => `alpha ${parts.join(' ')}`),
  );
  await fc.assert(
    fc.asyncProperty(query, async (text) => {
      try {
        await search.list(WORKSPACE, { text }, {});
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error);
        assert.equal(error.code, 'event_query_invalid');
      }
    }),
    { numRuns: 200 },
  );
});

test('pages stay as they are while events arrive', async () => {
  const { search } = log;
  const expected = (await everything(log, { agent: ['a'] })).map(({ seq }) => seq);
  const seqs: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await search.list(
      WORKSPACE,
      { agent: ['a'] },
      { limit: 7, ...(cursor && { cursor }) },
    );
    seqs.push(...page.items.map(({ seq }) => seq));
    cursor = page.nextCursor;
    await log.append({ agent: 'a' });
    if (seqs.length === 14) await search.reindex(WORKSPACE);
  }
  assert.deepEqual(seqs, expected);
});

test('refuses a cursor of another list, order or making', async () => {
  const { search } = log;
  const { nextCursor } = await search.list(WORKSPACE, {}, { limit: 1 });
  assert.ok(nextCursor);
  const changed = `${nextCursor.slice(0, -1)}${nextCursor.endsWith('A') ? 'B' : 'A'}`;
  const wrong = { code: 'event_cursor_invalid' };
  for (const cursor of ['x', '', changed, `${nextCursor}A`, 'agents:5', '💥'])
    await assert.rejects(search.list(WORKSPACE, {}, { cursor }), wrong);
  await assert.rejects(search.list(WORKSPACE, {}, { cursor: nextCursor, order: 'asc' }), wrong);
});
