import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFixture } from './log-fixture.ts';
import { verifySegments } from './segment-pool.ts';

test('threads verify more segments than there are threads, and answer in their order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-pool-'));
  try {
    const log = new LogFixture();
    for (let n = 0; n < 12; n += 1) {
      log.commit([{ facts: { agent: `a${n}` } }, { facts: {} }]);
      log.segment();
    }
    log.write(folder);
    const jobs = Array.from({ length: 12 }, (_, n) => {
      const file = `segments/${String(2 * n).padStart(20, '0')}.seg`;
      return {
        path: join(folder, 'default', file),
        ...{ file, first: 2 * n, isLast: false, keyText: log.keyText, origin: log.origin },
        ...{ workspace: 'default', wantedSizes: [], publishedSize: 24, partialTiles: [] },
        everySignature: false,
      };
    });
    const seen: number[] = [];
    await verifySegments(jobs, {
      totalBytes: Number.POSITIVE_INFINITY,
      onResult: (result) => {
        assert.equal(result.count, 2);
        assert.deepEqual(result.report.findings, []);
        seen.push(result.first);
      },
    });
    assert.deepEqual(
      seen,
      jobs.map((job) => job.first),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
