import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isoTime } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import type { OutcomeGroup, OutcomePage, OutcomeSums } from '../../contracts/outcome.ts';
import { openLogWriter } from '../log/open-log-writer.ts';
import type { AppendItem, AuditSearch } from '../ports.ts';
import { openSearch } from './open-search.ts';
import { noOutcomes } from './outcome-groups.ts';
import { WAIT_MS, WORKSPACE } from './search-fixture.ts';

const ACTOR = { type: 'human', id: 'prn_1', name: 'Ada', auth: 'token' } as const;
const HOUR_MS = 3_600_000;
const MIDNIGHT_MS = 20_000 * 24 * HOUR_MS;

const KINDS = ['gateway.call', 'egress.call', 'egress.calls_refused', 'deployment.ended'] as const;
const step = fc.record({
  kind: fc.constantFrom(...KINDS),
  agent: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
  status: fc.constantFrom('ok', 'error', 'refused', 'unknown'),
  /** Before the event begins, and until it ends; 0: it is one entry. */
  pauseMs: fc.nat(2 * HOUR_MS),
  tookMs: fc.oneof(fc.constant(0), fc.nat(30 * 60_000)),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a recount of the same events gives, by where they ended. */
class Recount {
  readonly day = noOutcomes();
  readonly hour = noOutcomes();
  failed = 0;

  add(
    { kind, status }: { kind: string; status: string },
    { isToday, isLastHour }: { isToday: boolean; isLastHour: boolean },
  ) {
    const count = kind === 'egress.calls_refused' ? 3 : 1;
    for (const sums of [...(isToday ? [this.day] : []), ...(isLastHour ? [this.hour] : [])]) {
      if (status === 'refused') {
        if (kind === 'gateway.call') sums.refusedIn += count;
        else if (kind.startsWith('egress.')) sums.refusedOut += count;
      } else if (kind === 'gateway.call') {
        sums.calls++;
        if (status !== 'ok') sums.errors++;
      }
    }
  }
}

function total(all: readonly OutcomeSums[]): OutcomeSums {
  const sums = noOutcomes();
  for (const one of all)
    for (const name of ['calls', 'errors', 'refusedIn', 'refusedOut'] as const)
      sums[name] += one[name];
  return sums;
}

async function untilCaughtUp(search: AuditSearch, nowMs: number): Promise<OutcomePage[]> {
  const pages: OutcomePage[] = [];
  const signal = AbortSignal.timeout(WAIT_MS);
  for await (const page of search.followOutcomes(WORKSPACE, { nowMs, signal })) {
    pages.push(page);
    if (page.type === 'slots' && page.isCaughtUp) return pages;
  }
  throw new Error('it was not told in time');
}

test('today and the last hour are what a recount of the log gives, each event once', async () => {
  const run = async (steps: readonly Step[]) => {
    const dir = await mkdtemp(join(tmpdir(), 'swarm-outcomes-'));
    let nowMs = MIDNIGHT_MS - 3 * HOUR_MS;
    const clock = { nowMs: () => nowMs };
    const writer = await openLogWriter({ dir, log: silentLogger, clock });
    const search = await openSearch({ dir, writer, log: silentLogger });
    try {
      const ended: { kind: string; status: string; atMs: number }[] = [];
      const append = async (draft: object) => {
        const item = { draft: { actor: ACTOR, ...draft } } as unknown as AppendItem;
        const [receipt] = await writer.append(WORKSPACE, [item]);
        assert.ok(receipt);
        return receipt;
      };
      for (const { pauseMs, tookMs, kind: name, ...facts } of steps) {
        nowMs += pauseMs;
        const kind = name as EventKind;
        const time = isoTime(nowMs);
        const attributes = { count: 3 };
        if (tookMs === 0) await append({ ...facts, kind, time, attributes, phase: 'whole' });
        else {
          const { seq, id } = await append({
            ...facts,
            kind,
            time,
            status: 'open',
            phase: 'intent',
          });
          nowMs += tookMs;
          await append({
            ...{ ...facts, kind, id, attributes, phase: 'completion', intent: seq },
            ...{ time: isoTime(nowMs), durationNs: tookMs * 1e6 },
          });
        }
        ended.push({ kind: name, status: facts.status, atMs: nowMs });
      }
      const recount = new Recount();
      const dayMs = nowMs - (nowMs % (24 * HOUR_MS));
      for (const one of ended)
        recount.add(one, {
          isToday: one.atMs >= dayMs,
          isLastHour: one.atMs >= nowMs - HOUR_MS - 60_000,
        });
      const pages = await untilCaughtUp(search, nowMs);
      const groups = pages.flatMap((page): readonly OutcomeGroup[] =>
        page.type === 'slots' ? page.groups : [],
      );
      const sums = pages.flatMap((page) => (page.type === 'day' ? page.sums : []));
      assert.deepEqual(total(groups), recount.hour);
      const today = groups.filter(({ slot }) => slot * 5_000 >= dayMs);
      assert.deepEqual(total([...sums, ...today]), recount.day);
      const failures = new Set(
        pages.flatMap((page) => (page.type === 'slots' ? page.failures.map(({ id }) => id) : [])),
      );
      const failed = ended.filter(({ status }) => status === 'error' || status === 'unknown');
      assert.equal(failures.size, Math.min(20, failed.length));
    } finally {
      await search.close();
      await writer.close();
      await rm(dir, { recursive: true, force: true });
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), run), { numRuns: 12 });
});
