import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Victim } from '../../scripts/torture/victim.ts';
import { orderOf } from './syscall-trace.ts';

const WAIT_MS = 60_000;
const tried = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
const skip =
  tried.status === 0 ? false : `strace is not there, or may not be used: ${tried.stderr ?? ''}`;

test('no acknowledgement leaves before the fdatasync of its frame has returned', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'swarm-durability-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const trace = join(home, 'trace');
  const victim = new Victim({
    ...{ dir: join(home, 'audit'), seed: 101, workspaces: 1, segmentBytes: 64 * 1024 },
    wrapper: [
      ...['strace', '-f', '-y', '-xx', '-s', '8192', '-o', trace],
      ...['-e', 'trace=fdatasync,write,pwrite64,pwritev,pwritev2', '-e', 'signal=none'],
    ],
  });
  t.after(() => victim.kill());
  await victim.begin();
  await victim.next(({ type }) => type === 'acknowledged', WAIT_MS);
  await sleep(2_000);
  await victim.close(WAIT_MS);
  const text = readFileSync(trace, 'utf8');
  const order = orderOf(text);
  assert.deepEqual(order.early, []);
  assert.ok(
    order.frames > 20 && order.syncs > 20 && order.acknowledged > 20,
    JSON.stringify(order),
  );
  // The same trace with its syncs taken out: that is what this test looks for.
  const unsynced = text.replaceAll(/^.*fdatasync.*\n/gm, '');
  assert.equal(orderOf(unsynced).early.length, order.acknowledged);
});
