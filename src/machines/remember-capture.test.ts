import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../base/wait.ts';
import type { GuestStatus } from '../contracts/guest.ts';
import { type RememberedCapture, rememberCapture } from './remember-capture.ts';

const status: GuestStatus = {
  ...{ version: 1, machineId: 'mch_1', uptimeMs: 1, listening: [], cpuMs: 0 },
  process: { state: 'running', pid: 1, startedAt: null, exit: null },
  memory: { totalBytes: 1, availableBytes: 1 },
  disk: { totalBytes: 1, usedBytes: 1 },
  egress: { capture: 'all', parked: 4, waiting: 0, active: 0, names: 0 },
};
const known = (capture: RememberedCapture) =>
  waitUntil(() => capture.get(), { timeoutMs: 20_000, intervalMs: 1 });

test('what guestd said at its start is not asked for again', () => {
  const capture = rememberCapture({ status: () => assert.fail('it was asked') }, 'none');
  assert.equal(capture.get(), 'none');
});

test('of an adopted machine it is asked for, one question at a time, until it is told', async () => {
  let asked = 0;
  let asking = 0;
  const capture = rememberCapture(
    {
      async status() {
        assert.equal(++asking, 1);
        await new Promise(setImmediate);
        asking--;
        if (++asked < 3) throw new Error('it is paused');
        return status;
      },
    },
    undefined,
  );
  assert.equal(capture.get(), undefined);
  assert.equal(await known(capture), 'all');
  assert.equal(capture.get(), 'all');
  assert.equal(asked, 3);
});
