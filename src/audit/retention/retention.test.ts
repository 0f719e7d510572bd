import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { isoTime } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { retentionBody } from '../../contracts/retention.ts';
import { createStore } from '../../store/store.ts';
import { type MemoryEntry, MemoryLog } from './memory-log.ts';
import { createRetention, type Retention } from './retention.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const by = { actor: serviceEventActor('test') };
const run = 'a'.repeat(32);

async function stage(t: TestContext | undefined = undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-retention-'));
  const store = await createStore({ path: join(folder, 'x.sqlite'), log: silentLogger });
  const remove = async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  t?.after(remove);
  const log = new MemoryLog();
  const start = () =>
    createRetention({
      ...{ store: store.auditRetention, writer: log.writer, search: log.search },
      ...{ trail: log.trail, workspaceId: 'default', log: silentLogger },
      clock: { nowMs: () => NOW_MS },
    });
  return { log, store: store.auditRetention, start, remove };
}

interface Told {
  readonly agent?: string;
  readonly daysAgo: number;
  readonly run?: string;
  readonly kind?: string;
  readonly payload?: boolean;
  readonly phase?: 'whole' | 'intent' | 'completed';
}

function tell(log: MemoryLog, told: Told): readonly MemoryEntry[] {
  const draft = {
    ...{ kind: (told.kind ?? 'gateway.call') as EventKind, actor: by.actor },
    time: isoTime(NOW_MS - told.daysAgo * DAY_MS),
    ...(told.agent !== undefined && { agent: told.agent }),
    ...(told.run !== undefined && { run: told.run }),
  };
  const { phase = 'whole', payload = false } = told;
  if (phase === 'whole') return [log.add({ ...draft, phase }, payload)];
  const intent = log.add({ ...draft, phase: 'intent' });
  if (phase === 'intent') return [intent];
  return [intent, log.add({ ...draft, phase: 'completion', intent: intent.seq }, payload)];
}

const erasures = (log: MemoryLog) => log.entries.filter(({ item }) => item.kind === 'audit.erased');
const setting = (keepPayloadsDays: number | null, keepEventsDays: number | null) => ({
  ...{ agent: null, keepPayloadsDays, keepEventsDays },
});

test('what is old goes, payloads first, and a second run finds nothing more', async (t) => {
  const { log, start } = await stage(t);
  const [old] = tell(log, { daysAgo: 40, payload: true });
  const [middle] = tell(log, { daysAgo: 10, payload: true });
  const [young] = tell(log, { daysAgo: 1, payload: true });
  const retention = start();
  await retention.set(setting(7, 30), by);
  const ran = await retention.run();
  assert.deepEqual([ran.eventsErased, ran.payloadsErased, ran.erasures], [1, 1, 2]);
  assert.deepEqual(
    [old, middle, young].map((entry) => [entry?.erased, entry?.payloadErased]),
    [
      [true, true],
      [false, true],
      [false, false],
    ],
  );
  assert.equal((await retention.run()).erasures, 0);
  assert.equal((await start().run()).erasures, 0, 'nor does another swarmd');
});

test('each change of settings and holds is an event with before and after', async (t) => {
  const { log, start } = await stage(t);
  const retention = start();
  await retention.set(setting(7, null), by);
  await retention.set(setting(7, 30), by);
  await retention.unset(null, by);
  await assert.rejects(retention.unset(null, by), { code: 'audit_retention_not_found' });
  const hold = { name: 'case-1', reason: 'asked for', agent: 'echo' };
  await retention.placeHold(hold, by);
  await assert.rejects(retention.placeHold(hold, by), { code: 'audit_hold_exists' });
  await retention.releaseHold('case-1', by);
  await assert.rejects(retention.releaseHold('case-1', by), { code: 'audit_hold_not_found' });
  const told = log.entries.map(({ item }) => ({
    ...{ kind: item.kind, phase: item.phase, status: item.status },
    ...{ before: item.attributes?.before, after: item.attributes?.after },
  }));
  const held = { ...hold, run: null, since: null, until: null };
  const change = (kind: string, before: unknown, after: unknown) => [
    { ...{ kind, phase: 'intent', status: undefined }, before, after },
    { ...{ kind, phase: 'completion', status: 'ok' }, before: undefined, after: undefined },
  ];
  const refused = (kind: string, before: unknown, after: unknown) => [
    { ...{ kind, phase: 'whole', status: 'refused' }, before, after },
  ];
  assert.deepEqual(told, [
    ...change('audit.retention_set', null, setting(7, null)),
    ...change('audit.retention_set', setting(7, null), setting(7, 30)),
    ...change('audit.retention_set', setting(7, 30), null),
    ...refused('audit.retention_set', null, null),
    ...change('audit.hold_placed', null, held),
    ...refused('audit.hold_placed', held, held),
    ...change('audit.hold_released', held, null),
    ...refused('audit.hold_released', null, null),
  ]);
});

test('events are not to go before their payloads', () => {
  assert.equal(retentionBody.safeParse(setting(30, 7)).success, false);
  assert.ok(retentionBody.safeParse(setting(null, 7)).success);
});

test('a hold placed while a run is going stops it, or learns that it came too late', async (t) => {
  const { log, start } = await stage(t);
  for (let i = 0; i < 6; i++) tell(log, { daysAgo: 40, agent: i % 2 ? 'held' : 'other' });
  const retention = start();
  await retention.set({ agent: 'held', keepPayloadsDays: null, keepEventsDays: 30 }, by);
  await retention.set({ agent: 'other', keepPayloadsDays: null, keepEventsDays: 30 }, by);
  const answers: ReturnType<Retention['placeHold']>[] = [];
  // While the first agent's entries go, a hold on both: too late for one, in time for the other.
  log.onStep = (step) => {
    if (step !== 'before erase' || answers.length > 0) return;
    answers.push(retention.placeHold({ name: 'both', reason: 'asked for' }, by));
  };
  const ran = await retention.run();
  const placed = await answers[0];
  assert.equal(ran.eventsErased, 3);
  assert.deepEqual({ ...placed?.tooLate, lastAt: '' }, { erasures: 1, entries: 3, lastAt: '' });
  assert.deepEqual(
    log.entries.filter(({ erased }) => erased).map(({ item }) => item.agent),
    ['held', 'held', 'held'],
  );
  await retention.releaseHold('both', by);
  assert.equal((await retention.run()).eventsErased, 3);
  const later = await retention.placeHold(
    { name: 'later', reason: 'x', agent: 'held', since: isoTime(NOW_MS - 20 * DAY_MS) },
    by,
  );
  assert.equal(later.tooLate?.erasures, 0);
});

test('a crash at any step is finished at the next start, and erases nothing twice', async () => {
  const steps = ['append', 'erase', 'forget'].flatMap((step) => [
    `before ${step}`,
    `after ${step}`,
  ]);
  for (const crashAt of steps)
    for (const nth of [1, 2]) {
      const { log, start, remove } = await stage();
      try {
        tell(log, { daysAgo: 40, payload: true });
        tell(log, { daysAgo: 10, payload: true });
        await start().set(setting(7, 30), by);
        let seen = 0;
        log.onStep = (step) => {
          if (step === crashAt && ++seen === nth) throw new Error('crash');
        };
        await assert.rejects(start().run(), /crash/);
        log.onStep = () => undefined;
        await start().run();
        const state = log.entries
          .slice(0, 2)
          .map(({ erased, forgotten, payloadErased }) => [erased, forgotten, payloadErased]);
        assert.deepEqual(
          state,
          [
            [true, true, true],
            [false, false, true],
          ],
          `${crashAt} ${nth}`,
        );
        assert.equal(erasures(log).length, 2, `${crashAt} ${nth}`);
      } finally {
        await remove();
      }
    }
});

test('an announcement stays below 64 KiB, however scattered what goes is', async (t) => {
  const { log, start } = await stage(t);
  for (let i = 0; i < 8_000; i++) tell(log, { daysAgo: 40, agent: i % 2 ? 'one' : 'two' });
  const retention = start();
  await retention.set({ agent: 'one', keepPayloadsDays: null, keepEventsDays: 1 }, by);
  const ran = await retention.run();
  assert.equal(ran.eventsErased, 4_000);
  for (const { item } of erasures(log))
    assert.ok(JSON.stringify(item.attributes).length < 32 * 1024);
  assert.ok(erasures(log).length < 6);
});

test('closing ends a run after its step', async (t) => {
  const { log, start } = await stage(t);
  for (const agent of ['one', 'two']) tell(log, { daysAgo: 40, agent });
  const retention = start();
  for (const agent of ['one', 'two'])
    await retention.set({ agent, keepPayloadsDays: null, keepEventsDays: 1 }, by);
  let closed: Promise<void> | undefined;
  log.onStep = (step) => {
    if (step === 'before erase') closed ??= retention.close();
  };
  assert.equal((await retention.run()).eventsErased, 1);
  await closed;
});

const agents = ['one', 'two', undefined];
const told = fc.record({
  agent: fc.constantFrom(...agents),
  daysAgo: fc.integer({ min: 0, max: 20 }),
  run: fc.constantFrom(run, undefined),
  kind: fc.constantFrom('gateway.call', 'audit.repaired'),
  payload: fc.boolean(),
  phase: fc.constantFrom('whole', 'intent', 'completed'),
});
const days = fc.option(fc.integer({ min: 0, max: 20 }));
const settings = fc.uniqueArray(
  fc
    .record({ agent: fc.constantFrom('one', 'two', null), first: days, second: days })
    .map(({ agent, first, second }) => ({
      agent,
      keepPayloadsDays: first !== null && second !== null ? Math.min(first, second) : first,
      keepEventsDays: first !== null && second !== null ? Math.max(first, second) : second,
    })),
  { selector: ({ agent }) => agent },
);
const daysAgoTime = fc.integer({ min: 0, max: 20 });
const holds = fc.array(
  fc.record({
    agent: fc.constantFrom('one', 'two', undefined),
    run: fc.constantFrom(run, undefined),
    since: fc.option(daysAgoTime, { nil: undefined }),
    until: fc.option(daysAgoTime, { nil: undefined }),
  }),
  { maxLength: 2 },
);

test('exactly what the settings demand goes, whatever is told, set and held', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(told, { maxLength: 30 }),
      settings,
      holds,
      async (events, set, held) => {
        const { log, store, start, remove } = await stage();
        try {
          const made = events.flatMap((event) =>
            tell(log, event as Told).map((entry) => ({ entry, event })),
          );
          for (const one of set)
            await store.putSetting({
              ...one,
              ...{ workspaceId: 'default', updatedAtMs: 1, updatedBy: 'x' },
            });
          const timeOf = (ago: number | undefined) =>
            ago === undefined ? null : isoTime(NOW_MS - ago * DAY_MS);
          for (const [i, { agent = null, run: heldRun = null, since, until }] of held.entries())
            await store.insertHold({
              ...{ workspaceId: 'default', name: `h${i}`, reason: 'x', agent, run: heldRun },
              ...{ since: timeOf(since), until: timeOf(until), createdAtMs: 1, createdBy: 'x' },
            });
          await start().run();
          for (const { entry, event } of made) {
            const own = set.find(({ agent }) => agent === (event.agent ?? null));
            const applies = own ?? set.find(({ agent }) => agent === null);
            const isHeld = held.some(
              ({ agent, run: heldRun, since, until }) =>
                (agent === undefined || agent === event.agent) &&
                (heldRun === undefined || heldRun === event.run) &&
                (since === undefined || event.daysAgo <= since) &&
                (until === undefined || event.daysAgo > until),
            );
            const stays = isHeld || event.kind !== 'gateway.call' || event.phase === 'intent';
            const older = (limit: number | null | undefined) =>
              !stays && limit !== null && limit !== undefined && event.daysAgo > limit;
            const eventGoes = older(applies?.keepEventsDays);
            const payloadGoes = eventGoes || older(applies?.keepPayloadsDays);
            assert.equal(entry.erased, eventGoes, JSON.stringify(event));
            if (entry.hasPayload)
              assert.equal(entry.payloadErased, payloadGoes, JSON.stringify(event));
          }
        } finally {
          await remove();
        }
      },
    ),
    { numRuns: 60 },
  );
});
