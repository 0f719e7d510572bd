import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditEntry } from '../../contracts/event.ts';
import { compileTerms } from './compile-terms.ts';
import type { EntryContent } from './event-row.ts';
import { rowsInRange, searchRanges } from './find-rows.ts';
import { unsealedShards } from './forget-erased.ts';
import type { IndexBuilder } from './index-builder.ts';
import { IndexReader } from './index-reader.ts';
import { createIndexDatabase, SHARD_ENTRIES } from './index-schema.ts';
import { IndexWriter } from './index-writer.ts';
import { openKnownEvents } from './known-events.ts';
import { sealShard } from './seal-shard.ts';

/** Entries on both sides of the borders of three shards; between them the log is thought of. */
const SEQS = [0, 1, 2].flatMap((shard) =>
  [-3, -2, -1, 0, 1, 2].map((offset) => shard * SHARD_ENTRIES + offset),
);
const EVENT_SEQS = SEQS.filter((seq) => seq >= 0);
const SIZE = 2 * SHARD_ENTRIES + 3;

function content(seq: number, more: Partial<AuditEntry> = {}): EntryContent {
  const entry: AuditEntry = {
    ...{ v: 1, seq, id: `evt-${seq}`, phase: 'whole', workspace: 'default', kind: 'test.event' },
    ...{ time: new Date(seq).toISOString(), recorded: new Date(seq).toISOString() },
    ...{ actor: { type: 'human', id: 'p', name: 'p', auth: 'token' }, status: 'ok', nonce: '' },
    agent: seq % 2 === 0 ? 'even' : 'odd',
    ...more,
  };
  const location = { segment: 0, leafOffset: 17, leafBytes: 10, payloadOffset: 0, payloadBytes: 0 };
  return { entry, payload: undefined, location };
}

function withIndex(run: (dir: string, builder: IndexBuilder) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'swarm-shards-'));
  const db = createIndexDatabase(join(dir, 'index.db'));
  const writer = new IndexWriter(db);
  try {
    run(dir, { db, writer, dir, size: SIZE } as IndexBuilder);
  } finally {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function write(builder: IndexBuilder, contents: readonly EntryContent[], size: number): void {
  const end = { segment: 0, offset: 0 };
  builder.writer.write({
    firstSeq: contents[0]?.entry.seq ?? 0,
    start: end,
    contents,
    progress: { size, end, last: undefined },
  });
}

function found(dir: string, terms: Parameters<typeof compileTerms>[1], order: 'asc' | 'desc') {
  const reader = new IndexReader(dir, (reason) => assert.fail(reason));
  try {
    const compiled = compileTerms(reader, terms);
    if (compiled === undefined) return [];
    return searchRanges(reader, compiled, { order, within: { from: 0, to: SIZE - 1 } }).flatMap(
      (range) =>
        rowsInRange(reader, compiled, { order, range, limit: 100 }).map(({ seq }) => Number(seq)),
    );
  } finally {
    reader.close();
  }
}

test('finds across the borders of shards, before and after they are sealed', () => {
  withIndex((dir, builder) => {
    write(
      builder,
      EVENT_SEQS.map((seq) => content(seq)),
      SIZE,
    );
    const check = () => {
      const even = EVENT_SEQS.filter((seq) => seq % 2 === 0);
      assert.deepEqual(found(dir, {}, 'asc'), EVENT_SEQS);
      assert.deepEqual(found(dir, { agent: ['even'] }, 'asc'), even);
      assert.deepEqual(found(dir, { agent: ['even'] }, 'desc'), even.toReversed());
      const sinceNs = BigInt(SHARD_ENTRIES) * 1_000_000n;
      const since = even.filter((seq) => seq >= SHARD_ENTRIES);
      assert.deepEqual(found(dir, { agent: ['even'], sinceNs }, 'asc'), since);
    };
    check();
    assert.deepEqual(unsealedShards(builder), [0, 1]);
    for (const shard of unsealedShards(builder)) for (const _ of sealShard(builder, shard)) check();
    assert.deepEqual(unsealedShards(builder), []);
    check();
  });
});

test('completes an event of an older, sealed shard', () => {
  withIndex((dir, builder) => {
    const intent = SHARD_ENTRIES - 1;
    write(builder, [content(intent, { phase: 'intent', status: 'open' })], intent + 1);
    for (const _ of sealShard(builder, 0));
    assert.deepEqual(found(dir, { status: ['open'] }, 'asc'), [intent]);
    const completion = { phase: 'completion', intent, status: 'error', tool: 'late' } as const;
    write(builder, [content(SHARD_ENTRIES, completion)], SHARD_ENTRIES + 1);
    assert.deepEqual(found(dir, { status: ['open'] }, 'asc'), []);
    assert.deepEqual(found(dir, { status: ['error'], tool: ['late'] }, 'asc'), [intent]);
    assert.deepEqual(found(dir, { text: 'odd late' }, 'desc'), [intent]);
  });
});

test('a batch that fails leaves nothing behind', () => {
  withIndex((dir, builder) => {
    write(builder, [content(0)], 1);
    const broken = content(2);
    Object.assign(broken.location, { leafBytes: 2 ** 21 });
    assert.throws(() => write(builder, [content(1, { tool: 'new' }), broken], 3), /too large/);
    assert.deepEqual(found(dir, { tool: ['new'] }, 'asc'), []);
    write(builder, [content(1, { tool: 'new' })], 2);
    assert.deepEqual(found(dir, { tool: ['new'] }, 'asc'), [1]);
  });
});

test('says that it does not know what it cannot read', () => {
  const known = openKnownEvents('/nonexistent/index.db');
  assert.equal(known.indexed(), 0);
  assert.equal(known.find('x'), undefined);
  known.close();
});
