import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompactRange } from './compact-range.ts';
import { PendingTiles } from './pending-tiles.ts';
import { consistencyProof, inclusionProof, rootFromTiles } from './proofs.ts';
import { TILE_WIDTH, type TileName, tilePath } from './tile-path.ts';
import type { TileSource } from './tile-source.ts';
import { EMPTY_ROOT, hashLeaf, hashLeafInPlace, hashNode } from './tree-hash.ts';

/** RFC 9162, word by word; slow. */
const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));

function mth(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return hash('sha256', '', 'buffer');
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  const both = [Buffer.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k))];
  return hash('sha256', Buffer.concat(both), 'buffer');
}

function path(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}

function subproof(m: number, leaves: readonly Buffer[], isWhole: boolean): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => hashLeaf(Buffer.from(`entry ${i}`)));

/** Publishes at the sizes given, as the writer does, and keeps what a folder would. */
function grow(leaves: readonly Buffer[], publishedAt: readonly number[] = []) {
  const files = new Map<string, Buffer>();
  const range = new CompactRange();
  const tiles = new PendingTiles();
  const publish = () => {
    const { full, partial } = tiles.tiles();
    for (const tile of [...full, ...partial]) files.set(tilePath(tile), tile.hashes);
    tiles.settle(full);
  };
  for (const leaf of leaves) {
    range.append(leaf, (height, node) => tiles.push(height, node));
    if (publishedAt.includes(range.size)) publish();
  }
  publish();
  const source: TileSource = {
    readTile: async (tile: TileName) => {
      const bytes = files.get(tilePath(tile));
      assert.ok(bytes, `the tile ${tilePath(tile)} is there`);
      assert.equal(bytes.length, tile.width * 32);
      return bytes;
    },
  };
  return { range, source, files };
}

const hex = (hashes: readonly Buffer[]): string[] => hashes.map((one) => one.toString('hex'));

test('the roots of Certificate Transparency’s own test vectors', async () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
  inputs.push('606162636465666768696a6b6c6d6e6f');
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  const leaves = inputs.map((input) => hashLeaf(Buffer.from(input, 'hex')));
  for (const [size, root] of roots.entries())
    assert.equal(grow(leaves.slice(0, size)).range.root().toString('hex'), root);
  assert.deepEqual(hex(await inclusionProof(grow(leaves).source, 0, 8)), [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]);
});

test('root and proofs from tiles are those of the definition', async () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 700 }));
  const arbitrary = fc.tuple(size, fc.nat(), fc.nat(), fc.array(fc.nat(700), { maxLength: 5 }));
  await fc.assert(
    fc.asyncProperty(arbitrary, async ([count, anyLeaf, anyOld, publishedAt]) => {
      const leaves = leavesOf(count);
      const { range, source } = grow(leaves, publishedAt);
      const seq = anyLeaf % count;
      const old = anyOld % (count + 1);
      assert.deepEqual(range.root(), mth(leaves));
      assert.deepEqual(await rootFromTiles(source, count), mth(leaves));
      assert.deepEqual(hex(await inclusionProof(source, seq, count)), hex(path(seq, leaves)));
      const expected = old === 0 ? [] : subproof(old, leaves, true);
      assert.deepEqual(hex(await consistencyProof(source, old, count)), hex(expected));
    }),
    { numRuns: 120 },
  );
});

test('a tree with three levels of tiles', async () => {
  const count = TILE_WIDTH * TILE_WIDTH + 300;
  const leaves = leavesOf(count);
  const { range, source, files } = grow(leaves, [TILE_WIDTH * TILE_WIDTH]);
  assert.equal(files.has('tile/2/000.p/1'), true);
  assert.equal(files.has('tile/0/256'), true);
  assert.equal(files.has('tile/0/257.p/44'), true);
  assert.equal(files.has('tile/1/001.p/1'), true);
  assert.deepEqual(range.root(), mth(leaves));
  for (const seq of [0, 255, 256, 65_535, 65_536, count - 1])
    assert.deepEqual(hex(await inclusionProof(source, seq, count)), hex(path(seq, leaves)));
  for (const old of [1, 256, 65_536, 65_537, count - 1])
    assert.deepEqual(
      hex(await consistencyProof(source, old, count)),
      hex(subproof(old, leaves, true)),
    );
});

test('a range goes on from its roots', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(300), (before, after) => {
      const leaves = leavesOf(before + after);
      const first = new CompactRange();
      for (const leaf of leaves.slice(0, before)) first.append(leaf);
      const second = new CompactRange(before, first.roots());
      for (const leaf of leaves.slice(before)) second.append(leaf);
      assert.deepEqual(second.root(), mth(leaves));
      assert.deepEqual(first.root(), mth(leaves.slice(0, before)));
    }),
    { numRuns: 50 },
  );
  assert.throws(() => new CompactRange(3, [EMPTY_ROOT]));
});

test('what is not in the tree has no proof', async () => {
  const { source } = grow(leavesOf(5));
  for (const [seq, size] of [
    [5, 5],
    [-1, 5],
    [0.5, 5],
    [0, Number.NaN],
  ] as const)
    await assert.rejects(inclusionProof(source, seq, size), { code: 'audit_proof_unavailable' });
  for (const [old, size] of [
    [6, 5],
    [-1, 5],
    [1.5, 5],
  ] as const)
    await assert.rejects(consistencyProof(source, old, size), { code: 'audit_proof_unavailable' });
});

test('tile paths are C2SP’s', () => {
  const name = (level: number, index: number, width = TILE_WIDTH) =>
    tilePath({ level, index, width });
  assert.equal(name(0, 0), 'tile/0/000');
  assert.equal(name(1, 1_234_067), 'tile/1/x001/x234/067');
  assert.equal(name(0, 1_000), 'tile/0/x001/000');
  assert.equal(name(3, 999, 17), 'tile/3/999.p/17');
});

test('a leaf is hashed where it lies, and nothing stays changed', () => {
  const bytes = Buffer.from('xyentryz');
  assert.deepEqual(hashLeafInPlace(bytes, 2, 7), hashLeaf(Buffer.from('entry')));
  assert.equal(bytes.toString(), 'xyentryz');
  assert.notDeepEqual(hashNode(EMPTY_ROOT, bytes.subarray(0, 8)), EMPTY_ROOT);
});
