import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { openSearch } from './open-search.ts';
import { openTestLog, WAIT_MS, WORKSPACE } from './search-fixture.ts';

test('searches what is indexed while the log is unavailable, and keeps the index', async () => {
  await using log = await openTestLog();
  await log.append({ agent: 'support' });
  await log.search.close();
  const committed = log.writer.committed(WORKSPACE);
  let tell: Parameters<typeof log.writer.onCommitted>[0] | undefined;
  const search = await openSearch({
    dir: log.dir,
    log: silentLogger,
    writer: {
      state: () => ({ available: false, reason: 'the disk is full' }),
      committed: () => ({ size: 0, end: { segment: 0, offset: 0 } }),
      onCommitted: (listener) => {
        tell = listener;
        return () => undefined;
      },
    },
  });
  try {
    assert.equal((await search.list(WORKSPACE, { agent: ['support'] }, {})).items.length, 1);
    assert.equal(search.indexed(WORKSPACE), 0);
    await assert.rejects(search.caughtUp(WORKSPACE, 1, { timeoutMs: 10 }), {
      code: 'audit_index_unavailable',
    });
    tell?.(WORKSPACE, committed);
    await search.caughtUp(WORKSPACE, committed.size, { timeoutMs: WAIT_MS });
    assert.equal((await search.list(WORKSPACE, { agent: ['support'] }, {})).items.length, 1);
    await assert.rejects(search.list(WORKSPACE, {}, { limit: 1001 }), {
      code: 'event_query_invalid',
    });
    await assert.rejects(search.run(WORKSPACE, 'f'.repeat(32)), { code: 'run_not_found' });
  } finally {
    await search.close();
  }
  await assert.rejects(search.list(WORKSPACE, {}, {}), { code: 'audit_index_unavailable' });
});
