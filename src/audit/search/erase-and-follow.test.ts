import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventResource } from '../../contracts/event.ts';
import { openKnownEvents } from './known-events.ts';
import { openTestLog, testEvents, WORKSPACE } from './search-fixture.ts';

const EVENT = testEvents['searchtest.call'];

test('forgets the words of erased payloads, also on disk, and keeps the event', async () => {
  await using log = await openTestLog();
  const [kept, erased] = await log.append(
    { agent: 'support', body: 'the word unforgettable' },
    { agent: 'support', body: 'the word xylophonist' },
  );
  assert.ok(kept && erased);
  const what = { what: 'payloads', ranges: [[erased.seq, erased.seq]] } as const;
  await log.writer.erase(WORKSPACE, what);
  await log.search.forget(WORKSPACE, what);
  const found = async (text: string) =>
    (await log.search.list(WORKSPACE, { text }, {})).items.map(({ seq }) => seq);
  assert.deepEqual(await found('xylophonist'), []);
  assert.deepEqual(await found('unforgettable'), [kept.seq]);
  assert.deepEqual(await found('support'), [erased.seq, kept.seq]);
  assert.equal((await log.search.get(WORKSPACE, erased.id)).content, null);
  for (const suffix of ['', '-wal']) {
    const bytes = readFileSync(join(log.dir, WORKSPACE, `index.db${suffix}`));
    assert.equal(bytes.includes('xylophonist'), false, `index.db${suffix} still has the word`);
  }
  await log.append({ agent: 'support', body: 'xylophonist again' });
  assert.equal((await found('xylophonist')).length, 1);
});

test('lists no event of which an entry is erased', async () => {
  await using log = await openTestLog();
  const [intent] = await log.append({ phase: 'intent', agent: 'support' });
  assert.ok(intent);
  const [completion, other] = await log.append(
    { phase: 'completion', intent: intent.seq, id: intent.id, status: 'ok' },
    { agent: 'support' },
  );
  assert.ok(completion && other);
  const ranges = [
    [intent.seq, intent.seq],
    [completion.seq, completion.seq],
  ] as const;
  await log.writer.erase(WORKSPACE, { what: 'events', ranges });
  await log.search.forget(WORKSPACE, { what: 'events', ranges });
  const seqs = async () =>
    (await log.search.list(WORKSPACE, { agent: ['support'] }, {})).items.map(({ seq }) => seq);
  assert.deepEqual(await seqs(), [other.seq]);
  await assert.rejects(log.search.get(WORKSPACE, intent.id), { code: 'event_not_found' });
  await log.search.reindex(WORKSPACE);
  assert.deepEqual(await seqs(), [other.seq]);
  assert.deepEqual(await log.search.openIntents(WORKSPACE, other.seq + 1), []);
});

test('follows events as they are begun and completed, and goes on where it was', async () => {
  await using log = await openTestLog();
  const before = log.writer.committed(WORKSPACE).size - 1;
  const [intent] = await log.append({ phase: 'intent', agent: 'support' }, { agent: 'other' });
  assert.ok(intent);
  const take = async (afterSeq: number, count: number) => {
    const ended = new AbortController();
    const taken: { id: string; status: EventResource['status'] }[] = [];
    const how = { afterSeq, signal: ended.signal };
    for await (const { id, data } of log.search.follow(WORKSPACE, { agent: ['support'] }, how)) {
      taken.push({ id, status: data.status });
      if (taken.length === count) ended.abort();
    }
    return taken;
  };
  const waiting = take(before, 2);
  const [completion] = await log.append({
    phase: 'completion',
    intent: intent.seq,
    id: intent.id,
    kind: EVENT,
    status: 'ok',
  });
  assert.ok(completion);
  const ended = { id: String(completion.seq), status: 'ok' as const };
  // An event that is already complete when it is read is shown as it stood at each entry.
  assert.deepEqual(await waiting, [{ id: String(intent.seq), status: 'open' }, ended]);
  assert.deepEqual(await take(intent.seq, 1), [ended]);
});

test('a follower without events ends when it is told to', async () => {
  await using log = await openTestLog();
  const signal = AbortSignal.timeout(50);
  for await (const _ of log.search.follow(WORKSPACE, { agent: ['nobody'] }, { signal }))
    assert.fail('there is nothing to follow');
});

test('knows ids that are indexed, through an exchange and a loss of the file', async () => {
  await using log = await openTestLog();
  const known = openKnownEvents(join(log.dir, WORKSPACE, 'index.db'));
  const settled = async (size: number) => {
    for (let tries = 0; known.indexed() < size && tries < 500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(known.indexed(), size);
  };
  const receipts = await log.append({ id: 'mine-1', agent: 'a' }, { id: 'mine-2' });
  await settled(log.writer.committed(WORKSPACE).size);
  const found = known.find('mine-1');
  assert.equal(found?.seq, receipts[0]?.seq);
  assert.equal(found?.location.segment, 0);
  assert.equal(known.find('mine-3'), undefined);
  assert.deepEqual([...known.findEvents(['mine-1', 'x', 'mine-2']).keys()], ['mine-1', 'mine-2']);
  await log.search.reindex(WORKSPACE);
  await log.append({ id: 'mine-3' });
  await settled(log.writer.committed(WORKSPACE).size);
  assert.ok(known.find('mine-3'));
  assert.ok(known.find('mine-1'));
  known.close();
  assert.equal(known.find('mine-1'), undefined);
});
