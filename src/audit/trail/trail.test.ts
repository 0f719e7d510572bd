import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defineErrors } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { waitUntil } from '../../base/wait.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import { defineEvents } from '../../contracts/event-kinds.ts';
import type { EventDraft, TrailState } from '../../contracts/trail.ts';
import type { AppendItem } from '../ports.ts';
import { createTrail } from './create-trail.ts';
import { MAX_NOTES } from './note-queue.ts';
import { settleOpenIntents } from './settle-open-intents.ts';

const kinds = defineEvents({ 'trailtest.done': { summary: 'Only here.' } });
const errors = defineErrors({
  trailtest_refused: { status: 400, remedy: 'Only here.' },
});
const unavailable = (code: string) =>
  Object.assign(errors.trailtest_refused('the disk is full'), { code });
const clock = { nowMs: () => Date.UTC(2026, 0, 31) };

/** A writer in memory that can be broken and mended. */
function createWriter() {
  const listeners = new Set<(state: TrailState) => void>();
  let state: TrailState = { available: true };
  return {
    written: [] as AppendItem['draft'][],
    code: 'audit_unavailable',
    refuses: (_draft: AppendItem['draft']) => false,
    async append(_workspaceId: string, items: readonly AppendItem[]) {
      await Promise.resolve();
      if (!state.available) throw unavailable(this.code);
      for (const { draft } of items)
        if (this.refuses(draft)) throw errors.trailtest_refused('too large');
      return items.map(({ draft }) => {
        this.written.push(draft);
        return { seq: this.written.length - 1, id: draft.id ?? `evt_${this.written.length}` };
      });
    },
    state: () => state,
    onStateChange(listener: (state: TrailState) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listeners,
    set(available: boolean) {
      state = available ? { available } : { available, reason: 'the disk is full' };
      for (const listener of listeners) listener(state);
    },
  };
}

let writer: ReturnType<typeof createWriter>;
beforeEach(() => {
  writer = createWriter();
});
const open = () => createTrail({ writer, workspaceId: 'default', clock, log: silentLogger });
const draft = (attributes: Record<string, string | number> = {}): EventDraft => ({
  kind: kinds['trailtest.done'],
  actor: serviceEventActor('test'),
  agent: 'desk',
  attributes,
});
const written = (count: number) =>
  waitUntil(() => writer.written.length >= count, { timeoutMs: 10_000, intervalMs: 5 });

test('an intent comes first, and its completion names it, once', async () => {
  const trail = open();
  await trail.record(draft());
  const event = await trail.begin(draft());
  assert.deepEqual(writer.written.at(-1)?.phase, 'intent');
  await Promise.all([
    event.complete({ status: 'ok', attributes: { after: 1 } }),
    event.complete({ status: 'error' }),
  ]);
  const [, intent, completion] = writer.written;
  assert.equal(writer.written.length, 3);
  assert.equal(completion?.id, event.id);
  assert.deepEqual(
    [completion?.phase, completion?.intent, completion?.status, completion?.agent],
    ['completion', 1, 'ok', 'desk'],
  );
  assert.ok(completion?.durationNs !== undefined && completion.durationNs > 0);
  assert.equal(intent?.time, '2026-01-31T00:00:00.000Z');
  await trail.close();
});

test('what must be known first is refused while the log cannot be written', async () => {
  const trail = open();
  writer.set(false);
  await assert.rejects(trail.record(draft()), { code: 'audit_unavailable' });
  await assert.rejects(trail.begin(draft()), { code: 'audit_unavailable' });
  assert.deepEqual(trail.state(), { available: false, reason: 'the disk is full' });
  writer.set(true);
  await trail.record(draft());
  assert.equal(writer.written.length, 1);
  await trail.close();
});

test('a log that is damaged is unavailable too: notes wait until it is mended', async () => {
  const trail = open();
  writer.code = 'audit_log_damaged';
  writer.set(false);
  trail.note(draft({ n: 1 }));
  await waitUntil(() => writer.listeners.size > 0, { timeoutMs: 10_000 });
  writer.set(true);
  await written(1);
  assert.equal(writer.written[0]?.attributes?.n, 1);
  await trail.close();
});

test('a completion waits for the log to recover, and never rejects', async () => {
  const trail = open();
  const event = await trail.begin(draft());
  writer.set(false);
  const ended = event.complete({ status: 'ok' });
  await waitUntil(() => writer.listeners.size > 0, { timeoutMs: 10_000 });
  assert.equal(writer.written.length, 1);
  writer.set(true);
  await ended;
  assert.equal(writer.written[1]?.status, 'ok');
  assert.equal(writer.listeners.size, 0);
  await trail.close();
});

test('a completion whose facts are refused keeps its status', async () => {
  const trail = open();
  writer.refuses = ({ attributes }) => attributes?.size === 'huge';
  const event = await trail.begin(draft());
  await event.complete({ status: 'refused', attributes: { size: 'huge' } });
  assert.deepEqual(
    [writer.written[1]?.status, writer.written[1]?.intent, writer.written[1]?.error?.code],
    ['refused', 0, 'facts_refused'],
  );
  await trail.close();
});

test('notes keep their order over a failure, with the time at which they were told', async () => {
  const trail = open();
  writer.set(false);
  for (let n = 0; n < 1_200; n++) trail.note(draft({ n }));
  await waitUntil(() => writer.listeners.size > 0, { timeoutMs: 10_000 });
  trail.note(draft({ n: 1_200 }));
  writer.set(true);
  await written(1_201);
  assert.deepEqual(
    writer.written.map(({ attributes }) => attributes?.n),
    Array.from({ length: 1_201 }, (_, n) => n),
  );
  assert.ok(writer.written.every(({ time }) => time === '2026-01-31T00:00:00.000Z'));
  await trail.close();
});

test('the oldest of too many notes give way, and are counted in an event', async () => {
  const trail = open();
  writer.set(false);
  trail.note(draft({ n: -1 }));
  await waitUntil(() => writer.listeners.size > 0, { timeoutMs: 10_000 });
  for (let n = 0; n < MAX_NOTES + 7; n++) trail.note(draft({ n }));
  writer.set(true);
  // The one that is being written, the count, and those that are kept.
  await written(1 + 1 + MAX_NOTES);
  assert.equal(writer.written[0]?.attributes?.n, -1);
  assert.deepEqual(
    [writer.written[1]?.kind, writer.written[1]?.attributes],
    ['audit.notes_lost', { count: 7 }],
  );
  assert.equal(writer.written[2]?.attributes?.n, 7);
  assert.equal(writer.written.at(-1)?.attributes?.n, MAX_NOTES + 6);
  await trail.close();
});

test('a note that is refused does not keep the others from being written', async () => {
  const trail = open();
  writer.refuses = ({ attributes }) => attributes?.n === 1;
  for (let n = 0; n < 3; n++) trail.note(draft({ n }));
  await written(2);
  assert.deepEqual(
    writer.written.map(({ attributes }) => attributes?.n),
    [0, 2],
  );
  await trail.close();
});

test('closing writes what can be written, and gives up what cannot', async () => {
  const first = open();
  first.note(draft({ n: 1 }));
  await first.close();
  assert.equal(writer.written.length, 1);
  const second = open();
  const event = await second.begin(draft());
  writer.set(false);
  second.note(draft({ n: 2 }));
  const ended = event.complete({ status: 'ok' });
  await second.close();
  await ended;
  assert.deepEqual(
    writer.written.map(({ phase }) => phase),
    ['whole', 'intent'],
  );
});

test('what an earlier swarmd left open ends unknown, once the index knows of it', async () => {
  const asked: unknown[] = [];
  let failures = 1;
  const search = {
    async caughtUp(workspaceId: string, size: number) {
      asked.push([workspaceId, size]);
      if (failures-- > 0) throw errors.trailtest_refused('not yet');
    },
    openIntents: async () =>
      Array.from({ length: 650 }, (_, seq) => ({
        seq,
        event: {
          ...draft(),
          ...{ seq, id: `evt_${seq}`, time: '', recorded: '', workspace: 'default' },
          status: 'open' as const,
        },
      })),
  };
  const settled = await settleOpenIntents({
    ...{ writer, search, clock, log: silentLogger, workspaceId: 'default', size: 700 },
    isOwn: (seq) => seq >= 600,
    signal: new AbortController().signal,
  });
  assert.equal(settled, 600);
  assert.deepEqual(asked, [
    ['default', 700],
    ['default', 700],
  ]);
  assert.ok(
    writer.written.every(
      ({ status, phase, intent, id, actor }, i) =>
        status === 'unknown' &&
        phase === 'completion' &&
        intent === i &&
        id === `evt_${i}` &&
        actor.id === 'service:audit',
    ),
  );
});
