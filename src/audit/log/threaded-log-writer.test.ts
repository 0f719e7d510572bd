import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { waitUntil } from '../../base/wait.ts';
import type { TrailState } from '../../contracts/trail.ts';
import { ensureSigningKey } from '../tree/signing-key.ts';
import { makeAuditFolder, testItem } from './log-fixture.ts';
import { readFrames } from './segment-reader.ts';
import { ThreadedLogWriter } from './threaded-log-writer.ts';

test('a thread that dies is started again, and the log says what was refused meanwhile', async (t) => {
  const dir = makeAuditFolder(t);
  ensureSigningKey(dir);
  let closed = 0;
  const writer = new ThreadedLogWriter({
    ...{ dir, log: silentLogger, clock: undefined, segmentBytes: 2 ** 26, publishAfterMs: 1000 },
    program: new URL('./mortal-worker-fixture.ts', import.meta.url),
    onClosed: async () => {
      closed++;
    },
  });
  t.after(() => writer.close());
  await writer.opened;
  await writer.append('default', [testItem('before')]);
  const states: TrailState[] = [];
  writer.onStateChange((state) => states.push(state));

  const lost = [testItem('waits'), testItem('die')];
  await assert.rejects(writer.append('default', lost), {
    ...{ code: 'audit_unavailable', message: /thread ended with code 7/ },
  });
  assert.equal(writer.state().available, false);
  await assert.rejects(writer.append('default', [testItem('meanwhile')]), {
    code: 'audit_unavailable',
  });
  const again = await waitUntil(() => writer.state().available, { timeoutMs: 30_000 });
  assert.equal(again, true);
  assert.deepEqual(
    states.map(({ available }) => available),
    [false, true],
  );
  await writer.append('default', [testItem('after')]);

  const to = writer.committed('default').end;
  const frames = readFrames(join(dir, 'default'), { from: { segment: 0, offset: 0 }, to });
  const entries = [...frames].flatMap(({ entries }) =>
    entries.map(({ leaf }) => JSON.parse(leaf?.toString() ?? '')),
  );
  const recovered = entries.find(({ kind }) => kind === 'audit.recovered');
  assert.match(recovered.attributes.reason, /thread ended with code 7/);
  assert.equal(recovered.attributes.refused, 3);
  const named = entries.filter(({ attributes }) => attributes.name !== undefined);
  assert.deepEqual(
    [named.at(0), named.at(-1)].map((e) => e.attributes.name),
    ['before', 'after'],
  );
  await writer.close();
  assert.equal(closed, 1);
});
