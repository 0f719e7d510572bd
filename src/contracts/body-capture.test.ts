import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyCapture } from './body-capture.ts';
import { DEFAULT_PAYLOAD_POLICY } from './trail.ts';

const NO_HEADERS = { contentType: undefined, contentEncoding: undefined };
const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 });

test('the beginning is kept as a copy, all is counted', () => {
  fc.assert(
    fc.property(chunks, fc.nat(60), (parts, maxBytes) => {
      const capture = new BodyCapture({ ...DEFAULT_PAYLOAD_POLICY, maxBytes });
      const whole = Buffer.concat(parts);
      for (const part of parts) {
        capture.add(part);
        part.fill(0);
      }
      const taken = capture.take(NO_HEADERS);
      if (whole.length === 0) return assert.equal(taken, undefined);
      assert.equal(taken?.totalBytes, whole.length);
      assert.deepEqual(Buffer.from(taken?.head ?? []), whole.subarray(0, maxBytes));
    }),
  );
});

test('by hash: the whole is hashed, here or by who has the whole head', () => {
  for (const size of [1, 65_536, 65_537, 200_000]) {
    const whole = Buffer.alloc(size, 'abc');
    const capture = new BodyCapture({ ...DEFAULT_PAYLOAD_POLICY, policy: 'hash' });
    for (let at = 0; at < size; at += 30_000) capture.add(whole.subarray(at, at + 30_000));
    const taken = capture.take(NO_HEADERS);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    if (taken?.sha256 === undefined) assert.deepEqual(Buffer.from(taken?.head ?? []), whole);
    else assert.equal(taken.sha256, sha256);
    assert.equal(taken?.sha256 === undefined, size <= 65_536);
  }
});
