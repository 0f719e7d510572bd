import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import { defineEvents } from '../contracts/event-kinds.ts';
import type { TrailState } from '../contracts/trail.ts';
import { LateLogWriter } from './late-log-writer.ts';
import { openLogWriter } from './log/open-log-writer.ts';

const kinds = defineEvents({ 'latetest.done': { summary: 'Only here.' } });
const item = {
  draft: {
    kind: kinds['latetest.done'],
    actor: serviceEventActor('test'),
    phase: 'whole' as const,
  },
};

let home: string;
let dir: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-late-'));
  dir = join(home, 'audit');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = () => openLogWriter({ dir, log: silentLogger, clock: systemClock });

test('refuses with the reason while the folder cannot be used, and opens when it can', async () => {
  await writeFile(dir, 'in the way');
  const writer = new LateLogWriter(open, silentLogger);
  const states: TrailState[] = [];
  const committed: number[] = [];
  writer.onStateChange((state) => states.push(state));
  writer.onCommitted((_workspaceId, { size }) => committed.push(size));
  try {
    await writer.begin();
    const state = writer.state();
    assert.ok(!state.available && state.reason.includes(dir));
    for (const refused of [
      writer.append('default', [item]),
      writer.publish('default'),
      writer.erase('default', { what: 'events', ranges: [] }),
    ])
      await assert.rejects(refused, { code: 'audit_unavailable', message: new RegExp(dir) });
    assert.equal(writer.committed('default').size, 0);
    await rm(dir);
    await waitUntil(() => writer.state().available, { timeoutMs: 20_000 });
    assert.deepEqual(writer.state(), { available: true });
    assert.equal(states.at(-1)?.available, true);
    const [receipt] = await writer.append('default', [item]);
    assert.equal(receipt?.seq, 0);
    assert.ok(writer.isOwn('default', 0) && writer.isOwn('default', 7));
    await waitUntil(() => committed.includes(1), { timeoutMs: 20_000 });
    assert.equal(writer.committed('default').size, 1);
  } finally {
    await writer.close();
  }
});

test('tells what it appended itself from what was there before', async () => {
  const first = await open();
  await first.append('default', [item, item]);
  await first.close();
  const writer = new LateLogWriter(open, silentLogger);
  await writer.begin();
  try {
    assert.equal(writer.committed('default').size, 2);
    assert.equal(writer.isOwn('default', 2), false, 'nothing yet');
    await writer.append('default', [item]);
    assert.deepEqual(
      [0, 1, 2, 3].map((seq) => writer.isOwn('default', seq)),
      [false, false, true, true],
    );
  } finally {
    await writer.close();
  }
});

test('a folder that another process has open is not waited for', async () => {
  const first = await open();
  try {
    const second = new LateLogWriter(open, silentLogger);
    await assert.rejects(second.begin(), {
      code: 'audit_folder_locked',
    });
    await second.close();
  } finally {
    await first.close();
  }
});
