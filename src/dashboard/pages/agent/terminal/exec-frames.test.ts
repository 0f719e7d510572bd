import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inputFrames, readFrame, resizeFrame } from './exec-frames.ts';

const bytes = (type: number, text: string) =>
  Uint8Array.from([type, ...new TextEncoder().encode(text)]);

test('an exit is told with its code or its signal', () => {
  assert.deepEqual(readFrame(bytes(3, '{"exitCode":7,"signal":null}')), {
    ...{ type: 'exit', exitCode: 7, signal: null },
  });
  assert.deepEqual(readFrame(bytes(3, 'nonsense')), { type: 'exit', exitCode: null, signal: null });
});

test('an error is told in swarmd’s words or in guestd’s', () => {
  assert.deepEqual(readFrame(bytes(7, '{"detail":"No machine.","remedy":"Scale it."}')), {
    ...{ type: 'error', message: 'No machine. Scale it.' },
  });
  assert.deepEqual(readFrame(bytes(7, '{"error":{"code":"x","message":"no such file"}}')), {
    ...{ type: 'error', message: 'no such file' },
  });
});

test('what is typed goes in frames of at most 64 KiB, and is whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000 }), (length) => {
      const data = new Uint8Array(length).map((_, i) => i % 251);
      const frames = inputFrames(data);
      assert.ok(frames.every((frame) => frame[0] === 0 && frame.length <= 64 * 1024 + 1));
      const whole = frames.flatMap((frame) => [...frame.subarray(1)]);
      assert.deepEqual(Uint8Array.from(whole), data);
    }),
    { numRuns: 20 },
  );
});

test('of any bytes a frame is a message or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (given) => {
      const message = readFrame(given);
      assert.ok(message === undefined || ['output', 'exit', 'error'].includes(message.type));
    }),
  );
  assert.equal(resizeFrame({ columns: 80, rows: 24 })[0], 4);
});
