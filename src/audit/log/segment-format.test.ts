import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompactRange } from '../tree/compact-range.ts';
import { hashLeaf } from '../tree/tree-hash.ts';
import {
  decodeFrame,
  decodeHeader,
  encodeFrame,
  encodeHeader,
  frameEntries,
  parseSegmentName,
  segmentName,
} from './segment-format.ts';
import { StagedFrame } from './staged-frame.ts';

const content = fc.tuple(
  fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }).filter((leaf) => leaf.isWellFormed()),
  fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 }), { nil: undefined }),
);

function frameOf(first: number, contents: readonly (readonly [string, Uint8Array | undefined])[]) {
  const staged = new StagedFrame(first);
  for (const [leaf, payload] of contents)
    staged.add({ leaf, payload: payload && Buffer.from(payload) });
  const { count, directory, leaves, payloads } = staged;
  const [root, signature] = [randomBytes(32), randomBytes(64)];
  const parts = { first, count, committedMs: 1_700_000_000_123, directory, leaves, payloads };
  return { bytes: Buffer.concat(encodeFrame({ ...parts, root, signature })), root, signature };
}

test('a frame gives back what was put into it', () => {
  const contents = fc.array(content, { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.maxSafeNat(), contents, fc.nat(40), (first, entries, offset) => {
      const { bytes, root, signature } = frameOf(first, entries);
      const frame = decodeFrame(
        Buffer.concat([randomBytes(offset), bytes, randomBytes(3)]),
        offset,
      );
      assert.ok(frame);
      assert.equal(frame.frameBytes, bytes.length);
      assert.equal(frame.committedMs, 1_700_000_000_123);
      assert.deepEqual([frame.root, frame.signature], [root, signature]);
      for (const [i, entry] of frameEntries(frame).entries()) {
        const [leaf, payload] = entries[i] ?? ['', undefined];
        const { leafOffset, payloadOffset } = entry;
        const stored = frame.bytes.subarray(leafOffset, leafOffset + entry.leafBytes);
        assert.equal(stored.toString(), leaf);
        assert.deepEqual(entry.leafHash, hashLeaf(Buffer.from(leaf)));
        assert.equal(entry.seq, first + i);
        assert.deepEqual(
          frame.bytes.subarray(payloadOffset, payloadOffset + entry.payloadBytes),
          Buffer.from(payload ?? []),
        );
      }
    }),
  );
});

test('a frame whose head, directory or tail is changed, or that is cut, is none', () => {
  const { bytes } = frameOf(5, [
    ['{"a":1}', undefined],
    ['{"b":2}', Buffer.from('payload')],
  ]);
  const content = { from: 32 + 80, to: 32 + 80 + 14 + 7 };
  for (let at = 0; at < bytes.length; at++) {
    assert.equal(decodeFrame(bytes.subarray(0, at)), undefined);
    if (at >= content.from && at < content.to) continue;
    const changed = Buffer.from(bytes);
    changed.writeUInt8((changed[at] ?? 0) ^ 0x10, at);
    assert.equal(decodeFrame(changed), undefined, `a change at ${at} is found`);
  }
});

test('decoders survive any bytes', () => {
  const start = fc.constantFrom('SWFR', 'SWARMSG1', '');
  const bytes = fc.tuple(start, fc.uint8Array({ maxLength: 400 }));
  fc.assert(
    fc.property(bytes, ([magic, rest]) => {
      const all = Buffer.concat([Buffer.from(magic), rest]);
      assert.equal(decodeFrame(all), undefined);
      assert.equal(decodeHeader(all), undefined);
    }),
    { numRuns: 2000 },
  );
});

test('a header gives back what was put into it, and no change goes unseen', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(), (size, anyBit) => {
      const range = new CompactRange();
      for (let i = 0; i < size; i++) range.append(randomBytes(32));
      const bytes = encodeHeader({ first: size, roots: range.roots() });
      const decoded = decodeHeader(Buffer.concat([bytes, Buffer.from('SWFR')]));
      assert.deepEqual(decoded, { first: size, roots: range.roots(), byteLength: bytes.length });
      const bit = anyBit % (bytes.length * 8);
      const at = Math.floor(bit / 8);
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << (bit % 8)), at);
      assert.equal(decodeHeader(bytes), undefined);
    }),
  );
});

test('a segment is named by its first entry', () => {
  assert.equal(segmentName(1234), '00000000000000001234.seg');
  assert.equal(parseSegmentName('00000000000000001234.seg'), 1234);
  for (const name of ['1234.seg', '00000000000000001234.seg.tmp', '99999999999999999999.seg', ''])
    assert.equal(parseSegmentName(name), undefined);
});
