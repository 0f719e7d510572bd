import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isoTime } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { waitUntil } from '../../base/wait.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import { MemoryLog } from '../retention/memory-log.ts';
import type { Verdict } from './read-verdict.ts';
import { Verifications } from './verifications.ts';

const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 20_000;
const ada = { actor: { ...serviceEventActor('ada'), name: 'ada' }, request: 'req_1' };
const seen = { entries: 9, treeSize: 8, rootHash: 'AAAA' };
const INTACT: Verdict = { verdict: 'intact', ...seen, findings: 0, problem: null };
const problem = {
  ...{ code: 'leaf_mismatch', message: 'changed', file: 'segments/0.seg', offset: 9, entry: 4 },
};
const DAMAGED: Verdict = { verdict: 'damaged', ...seen, findings: 3, problem };

/** A log in memory that outlives each Verifications made on it. */
function stage(t: TestContext) {
  const log = new MemoryLog();
  const now = { ms: NOW_MS };
  const verdicts: (Verdict | Error | Promise<Verdict>)[] = [];
  let isFound = true;
  const start = (everyHours = 24) => {
    const verifications = new Verifications({
      ...{ workspaceId: 'default', log: silentLogger, everyHours, writer: log.writer },
      clock: { nowMs: () => now.ms },
      search: {
        indexed: () => log.entries.length,
        list: async (...asked) => {
          if (isFound) return log.search.list(...asked);
          throw new Error('the index is being made');
        },
      },
      trail: { note: (draft) => void log.add({ ...draft, phase: 'whole' }) },
      verify: async (signal) => {
        const next = verdicts.shift();
        if (next instanceof Error) throw next;
        const aborted = new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
        return Promise.race([next ?? new Promise<never>(() => undefined), aborted]);
      },
    });
    t.after(() => verifications.close());
    return verifications;
  };
  const hide = (hidden: boolean) => {
    isFound = !hidden;
  };
  const told = () => log.entries.map(({ item }) => [item.kind, item.status, item.actor.name]);
  return { log, now, verdicts, start, hide, told };
}

async function ended(verifications: Verifications) {
  const done = await waitUntil(
    async () => {
      const found = await verifications.describe();
      return found.running === null && found;
    },
    { timeoutMs: TIMEOUT_MS, intervalMs: 1 },
  );
  assert.ok(done !== undefined);
  return done;
}

test('what was found is an event of who asked, and is known after a restart', async (t) => {
  const { verdicts, start, log } = stage(t);
  const first = start();
  for (const verdict of [INTACT, DAMAGED]) {
    verdicts.push(verdict);
    const begun = first.begin(ada);
    const { last, unfinished } = await ended(first);
    assert.equal(unfinished, null);
    assert.ok(last !== null);
    const { durationMs, ...rest } = last;
    assert.deepEqual(rest, {
      ...{ event: begun.event, time: isoTime(NOW_MS), by: 'ada' },
      ...verdict,
    });
    const item = log.entries.at(-1)?.item;
    assert.deepEqual([item?.id, item?.request, item?.time], [begun.event, 'req_1', last.time]);
    const again = await start().describe();
    assert.deepEqual(again.last && { ...again.last, durationMs }, last);
  }
  assert.deepEqual(
    log.entries.map(({ item }) => [item.kind, item.status, item.error?.code]),
    [
      ['audit.verified', undefined, undefined],
      ['audit.verification_failed', 'error', 'leaf_mismatch'],
    ],
  );
});

test('two at once are one, and the log says who joined it', async (t) => {
  const { verdicts, start, told, log } = stage(t);
  const verifications = start();
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  verdicts.push(promise);
  const first = verifications.begin(ada);
  const second = verifications.begin({ actor: serviceEventActor('other'), request: 'req_2' });
  assert.deepEqual([first.joined, second.joined, second.event], [false, true, first.event]);
  assert.deepEqual((await verifications.describe()).running, {
    ...{ event: first.event, startedAt: first.startedAt, by: 'ada' },
  });
  resolve(INTACT);
  await ended(verifications);
  assert.deepEqual(told(), [
    ['audit.verification_joined', undefined, 'other'],
    ['audit.verified', undefined, 'ada'],
  ]);
  const joined = log.entries[0]?.item;
  assert.deepEqual([joined?.request, joined?.attributes], ['req_2', { verification: first.event }]);
  assert.notEqual(log.entries[0]?.id, first.event);
});

test('one without a verdict leaves the last verdict as it is, and is tried again', async (t) => {
  const { verdicts, start, told } = stage(t);
  const verifications = start();
  verdicts.push(DAMAGED, new Error('no memory left'));
  verifications.begin(ada);
  await ended(verifications);
  const { event } = verifications.begin(ada);
  const found = await ended(verifications);
  assert.equal(found.last?.verdict, 'damaged');
  const unfinished = { event, time: isoTime(NOW_MS), by: 'ada', reason: 'no memory left' };
  assert.deepEqual(found.unfinished, unfinished);
  assert.equal(found.nextAt, isoTime(NOW_MS + HOUR_MS));
  const again = await start().describe();
  assert.deepEqual([again.last?.verdict, again.unfinished], ['damaged', unfinished]);
  verdicts.push(INTACT);
  verifications.begin(ada);
  assert.equal((await ended(verifications)).unfinished, null);
  assert.deepEqual((await start().describe()).unfinished, null);
  assert.equal(told().length, 3);
});

test('one that is under way when swarmd stops ends without a verdict', async (t) => {
  const { start, told } = stage(t);
  const verifications = start();
  verifications.begin(ada);
  await verifications.close();
  assert.deepEqual(told(), [['audit.verification_unfinished', 'error', 'ada']]);
  assert.throws(() => verifications.begin(ada), { code: 'audit_unavailable' });
  assert.equal((await start().describe()).unfinished?.reason, 'swarmd stopped meanwhile');
});

test('by itself when it is time, and not before the log is asked for the last one', async (t) => {
  const { verdicts, start, now, told, hide } = stage(t);
  verdicts.push(INTACT);
  const early = start();
  assert.equal((await early.describe()).nextAt, isoTime(NOW_MS + 600_000));
  now.ms += 600_000;
  early.start();
  assert.equal((await ended(early)).last?.verdict, 'intact');
  assert.deepEqual(told(), [['audit.verified', undefined, 'verification']]);

  const next = start();
  assert.equal((await next.describe()).nextAt, isoTime(now.ms + 24 * HOUR_MS));
  hide(true);
  const blind = start();
  now.ms += 48 * HOUR_MS;
  blind.start();
  const found = await blind.describe();
  assert.deepEqual([found.nextAt, found.running, found.last], [null, null, null]);
  hide(false);
  assert.ok((await blind.describe()).nextAt !== null);

  assert.equal((await start(0).describe()).nextAt, null);
});
