import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';

test('a log on a full disk ends no process, and what waits for it is bounded', () => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
    const log = createLogger({ level: 'info' });
    for (let i = 0; i < 200_000; i++) log.info({ i }, 'x'.repeat(1_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.stdout.write(String(process.memoryUsage().rss));
  `;
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { stdio: ['ignore', 'pipe', full], timeout: 60_000, encoding: 'utf8' },
    );
    assert.equal(status, 0);
    assert.ok(Number(stdout) < 200 * 1024 * 1024, stdout);
  } finally {
    closeSync(full);
  }
});
