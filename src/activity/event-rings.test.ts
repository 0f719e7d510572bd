import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import type { EventResource } from '../contracts/event.ts';
import type { EventTerms } from '../contracts/event-query.ts';
import { type EventReader, EventRings } from './event-rings.ts';
import type { ActivityLog } from './ports.ts';

/** A log in memory; how often it was read is counted. */
class MemoryLog implements ActivityLog {
  readonly entries: EventResource[] = [];
  follows = 0;
  #grown = Promise.withResolvers<void>();

  append(...agents: readonly string[]): void {
    for (const agent of agents) {
      const seq = this.entries.length;
      const time = new Date(1_000 * seq).toISOString();
      this.entries.push({
        ...{ seq, id: `evt_${seq}`, time, recorded: time, workspace: 'default', agent },
        ...{ kind: 'program.event', status: 'ok' },
        actor: { type: 'human', id: 'prn_1', name: 'Ada', auth: 'token' },
      });
    }
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }
  indexed = () => this.entries.length;
  committed = () => this.entries.length;
  // biome-ignore lint/correctness/useYield: figures are not asked for here.
  async *followOutcomes(): ReturnType<() => AsyncGenerator<never>> {
    throw new Error('not asked for here');
  }
  async *follow(
    _workspaceId: string,
    terms: EventTerms,
    { afterSeq, signal, onThrough }: Parameters<ActivityLog['follow']>[2],
  ): AsyncGenerator<{ readonly id: string; readonly data: EventResource }> {
    this.follows++;
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    for (let seq = afterSeq + 1; !signal.aborted; seq++) {
      while (this.entries[seq] === undefined && !signal.aborted)
        await Promise.race([this.#grown.promise, gone]);
      const data = this.entries[seq];
      if (data === undefined || signal.aborted) return;
      if (terms.agent?.includes(data.agent ?? '') ?? true) yield { id: String(seq), data };
      await onThrough?.(seq);
    }
  }
}

function open(log: MemoryLog) {
  return new EventRings({ workspaceId: 'default', events: log, log: silentLogger });
}

const A: EventTerms = { agent: ['a'] };
const signal = new AbortController().signal;
const wake = () => undefined;

/** Reads until it is at the end. @returns numbers of entries; -1: it was reset */
async function readAll(reader: EventReader, log: MemoryLog): Promise<number[]> {
  const seqs: number[] = [];
  const isAtEnd = await waitUntil(
    async () => {
      const piece = await reader.next();
      if (piece.type === 'reset') seqs.push(-1);
      else seqs.push(...piece.items.map(({ seq }) => seq));
      return reader.position >= log.entries.length - 1;
    },
    { timeoutMs: 10_000, intervalMs: 1 },
  );
  assert.ok(isAtEnd);
  return seqs;
}

test('tabs that come and go read each event once and in order, and the log is read once', async () => {
  const step = fc.oneof(
    fc.record({ append: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 300 }) }),
    fc.record({ read: fc.nat(2) }),
    fc.record({ reconnect: fc.nat(2) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const log = new MemoryLog();
      log.append('a', 'b', 'a');
      const rings = open(log);
      const tabs = [0, 1, 2].map(() => ({
        reader: rings.open({ terms: A, signal, wake }),
        seen: [] as number[],
      }));
      for (const act of steps) {
        if ('append' in act) log.append(...act.append);
        const tab = tabs['read' in act ? act.read : 'reconnect' in act ? act.reconnect : -1];
        if (tab === undefined) continue;
        if ('read' in act) tab.seen.push(...(await readAll(tab.reader, log)));
        else {
          const afterSeq = tab.reader.position;
          tab.reader.close();
          tab.reader = rings.open({ terms: A, afterSeq, signal, wake });
        }
      }
      for (const tab of tabs) {
        tab.seen.push(...(await readAll(tab.reader, log)));
        tab.reader.close();
      }
      const expected = log.entries.filter(({ seq, agent }) => seq > 2 && agent === 'a');
      for (const { seen } of tabs)
        if (expected.length <= 1_000)
          assert.deepEqual(
            seen,
            expected.map(({ seq }) => seq),
          );
        else assert.deepEqual(seen, [...new Set(seen)]);
      await rings.close();
    }),
    { numRuns: 30 },
  );
});

test('200 streams that ask for the same read the log once', async () => {
  const log = new MemoryLog();
  const rings = open(log);
  const readers = Array.from({ length: 200 }, (_, i) =>
    rings.open({ terms: { ...A, sinceNs: BigInt(-i) }, signal, wake }),
  );
  log.append('a', 'b', 'a');
  for (const reader of readers) assert.deepEqual(await readAll(reader, log), [0, 2]);
  assert.equal(log.follows, 1);
  for (const reader of readers) reader.close();
  await rings.close();
});

test('too far behind is said, and it goes on from now', async () => {
  const log = new MemoryLog();
  const rings = open(log);
  log.append('b');
  const slow = rings.open({ terms: A, signal, wake });
  log.append(...new Array<string>(1_001).fill('a'));
  assert.deepEqual(await readAll(slow, log), [-1]);
  log.append('a', 'b');
  assert.deepEqual(await readAll(slow, log), [1_002]);
  const exactly = rings.open({ terms: A, afterSeq: 2, signal, wake });
  assert.equal((await readAll(exactly, log)).length, 1_000);
  const of = rings.open({ terms: { agent: ['b'] }, afterSeq: -1, signal, wake });
  assert.deepEqual(await readAll(of, log), [0, 1_003]);
  const unknown = rings.open({ terms: A, afterSeq: 5_000, signal, wake });
  assert.equal(unknown.position, -1);
  assert.deepEqual(await readAll(unknown, log), [-1]);
  for (const reader of [slow, exactly, of, unknown]) reader.close();
  await rings.close();
});

test('events outside the time asked for are passed over', async () => {
  const log = new MemoryLog();
  const rings = open(log);
  const untilNs = 2_000_000_000n;
  const reader = rings.open({ terms: { ...A, untilNs }, signal, wake });
  log.append('a', 'a', 'a', 'a');
  assert.deepEqual(await readAll(reader, log), [0, 1]);
  reader.close();
  await rings.close();
});
