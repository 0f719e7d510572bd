import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Bytes, isSame } from './bytes.ts';
import { isConsistent } from './consistency.ts';
import { rootOfInclusion } from './inclusion.ts';
import { consistencyFromTiles, tilePath } from './tile-proof.ts';
import { leavesOf, pathOf, rootOf, tilesOf } from './tree-fixture.ts';

const ALL = leavesOf(700);
const place = fc
  .integer({ min: 1, max: 300 })
  .chain((size) =>
    fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }),
  );

function flipped(bytes: Bytes, at: number): Bytes {
  const copy = new Uint8Array(bytes);
  const byte = Math.floor(at / 8) % copy.length;
  copy[byte] = (copy[byte] ?? 0) ^ (1 << (at % 8));
  return copy;
}

test('a path leads to the root from its own place, and from no other', async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(299), fc.nat(300), async ({ size, index }, other, otherSize) => {
      const leaves = ALL.slice(0, size);
      const hashes = pathOf(leaves, index);
      const leaf = leaves[index] ?? rootOf([]);
      const root = await rootOfInclusion({ leaf, index, size, hashes });
      assert.ok(root !== undefined && isSame(root, rootOf(leaves)));
      if (other === index) return;
      const moved = await rootOfInclusion({ leaf, index: other, size, hashes });
      assert.ok(moved === undefined || !isSame(moved, root), 'another index');
      const longer = await rootOfInclusion({ leaf, index, size, hashes: [...hashes, leaf] });
      assert.equal(longer, undefined);
      const within = await rootOfInclusion({
        leaf,
        index,
        size: Math.min(index, otherSize),
        hashes,
      });
      assert.equal(within, undefined, 'a leaf behind the end of the tree');
    }),
    { numRuns: 60 },
  );
});

test('each bit of leaf and path counts', async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(255), async ({ size, index }, bit) => {
      const leaves = ALL.slice(0, size);
      const leaf = leaves[index] ?? rootOf([]);
      const hashes = pathOf(leaves, index);
      const wrong = [
        { leaf: flipped(leaf, bit), hashes },
        ...hashes.map((hash, i) => ({ leaf, hashes: hashes.with(i, flipped(hash, bit)) })),
      ];
      for (const given of wrong) {
        const root = await rootOfInclusion({ ...given, index, size });
        assert.ok(root !== undefined && !isSame(root, rootOf(leaves)));
      }
    }),
    { numRuns: 30 },
  );
});

const sizes = fc
  .tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 700 }))
  .map(([a, b]) => ({ older: Math.min(a, b), newer: Math.max(a, b) }));

function source(leaves: readonly Bytes[]) {
  const tiles = tilesOf(leaves);
  return async (path: string) => tiles.get(path);
}

test('a proof made of the log’s tiles shows that the newer tree begins with the older', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(255), async ({ older, newer }, bit) => {
      const leaves = ALL.slice(0, newer);
      const before = { size: older, root: rootOf(leaves.slice(0, older)) };
      const now = { size: newer, root: rootOf(leaves) };
      const hashes = await consistencyFromTiles(source(leaves), older, newer);
      assert.equal(await isConsistent(before, now, hashes), true);
      assert.equal(await isConsistent(now, before, hashes), older === newer);
      if (older === 0) return;
      const otherPast = { ...before, root: flipped(before.root, bit) };
      assert.equal(await isConsistent(otherPast, now, hashes), false);
      const otherNow = { ...now, root: flipped(now.root, bit) };
      assert.equal(await isConsistent(before, otherNow, hashes), false);
      for (const [i, hash] of hashes.entries())
        assert.equal(await isConsistent(before, now, hashes.with(i, flipped(hash, bit))), false);
    }),
    { numRuns: 40 },
  );
});

test('a tree in which an old entry was changed does not go on from the old one', async () => {
  const before = { size: 300, root: rootOf(ALL.slice(0, 300)) };
  for (const changed of [0, 128, 255, 256, 299]) {
    const leaves = ALL.slice(0, 600).with(changed, ALL[650] ?? rootOf([]));
    const now = { size: 600, root: rootOf(leaves) };
    const hashes = await consistencyFromTiles(source(leaves), 300, 600);
    assert.equal(await isConsistent(before, now, hashes), false, `entry ${changed}`);
  }
});

test('a partial tile that has made way for the full one is read from that', async () => {
  const tiles = tilesOf(ALL.slice(0, 600));
  const hashes = await consistencyFromTiles(async (path) => tiles.get(path), 100, 200);
  const [older, newer] = [100, 200].map((size) => ({ size, root: rootOf(ALL.slice(0, size)) }));
  assert.ok(older && newer && (await isConsistent(older, newer, hashes)));
});

test('a tile that is missing or too short is said, not passed over', async () => {
  await assert.rejects(
    consistencyFromTiles(async () => undefined, 3, 9),
    /no tile\/0\/000\.p\/9/,
  );
  await assert.rejects(
    consistencyFromTiles(async () => new Uint8Array(31), 3, 9),
    /too short/,
  );
});

test('tiles are named in groups of three digits', () => {
  assert.equal(tilePath({ level: 0, index: 5, width: 256 }), 'tile/0/005');
  assert.equal(tilePath({ level: 2, index: 1_234_067, width: 8 }), 'tile/2/x001/x234/067.p/8');
});
