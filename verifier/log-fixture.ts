/** A log for tests, written from docs/audit-format.md by other means than swarmd's writer. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Json = Record<string, unknown>;

export interface FixtureEntry {
  readonly facts: Json;
  readonly payload?: Json;
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

/** MTH of RFC 9162, 2.1.1, word for word. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

/** Erased entries and payloads are overwritten after they were hashed. */
export class LogFixture {
  readonly name: string;
  readonly keyText: string;
  readonly workspace: string;
  readonly #private: KeyObject;
  readonly #keyId: Buffer;
  readonly #leaves: Buffer[] = [];
  readonly #segments: { first: number; frames: Buffer[]; header: Buffer }[] = [];

  constructor(workspace = 'default') {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    this.workspace = workspace;
    this.name = `swarm-${sha256(raw).toString('hex').slice(0, 8)}`;
    const typed = Buffer.concat([Buffer.of(1), raw]);
    this.#keyId = sha256(Buffer.from(`${this.name}\n`), typed).subarray(0, 4);
    this.keyText = `${this.name}+${this.#keyId.toString('hex')}+${typed.toString('base64')}`;
    this.#private = privateKey;
    this.segment();
  }

  get size(): number {
    return this.#leaves.length;
  }

  get origin(): string {
    return `${this.name}/${this.workspace}`;
  }

  /** Begins the next one. */
  segment(): void {
    const first = this.#leaves.length;
    const peaks: Buffer[] = [];
    for (let at = 0, width = 2 ** 40; width >= 1; width /= 2)
      if (Math.floor(first / width) % 2 === 1) {
        peaks.push(treeHash(this.#leaves.slice(at, at + width)));
        at += width;
      }
    const head = Buffer.alloc(17);
    head.write('SWARMSG1');
    head.writeBigUInt64LE(BigInt(first), 8);
    head[16] = peaks.length;
    const body = Buffer.concat([head, ...peaks]);
    this.#segments.push({ first, frames: [], header: Buffer.concat([body, sha256(body)]) });
  }

  #signature(text: string): Buffer {
    return sign(null, Buffer.from(text), this.#private);
  }

  note(text: string): string {
    const signature = Buffer.concat([this.#keyId, this.#signature(text)]).toString('base64');
    return `${text}\n— ${this.name} ${signature}\n`;
  }

  #checkpointText(size: number): string {
    const root = treeHash(this.#leaves.slice(0, size)).toString('base64');
    return `${this.origin}\n${size}\n${root}\n`;
  }

  checkpoint(size = this.size): string {
    return this.note(this.#checkpointText(size));
  }

  entry(facts: Json = {}, seq = this.size): Json {
    return {
      v: 1,
      seq,
      id: `evt_${seq}`,
      phase: 'whole',
      time: '2026-01-31T12:00:00.123456789Z',
      recorded: '2026-01-31T12:00:00.200Z',
      workspace: this.workspace,
      actor: { type: 'human', id: 'prn_1', name: 'root', auth: 'token' },
      kind: 'gateway.call',
      status: 'ok',
      nonce: randomBytes(16).toString('base64'),
      ...facts,
    };
  }

  /** One commit. @param erase entries or payloads that lie there as zeros */
  commit(
    items: readonly FixtureEntry[],
    erase: { readonly entries?: readonly number[]; readonly payloads?: readonly number[] } = {},
  ): void {
    const first = this.size;
    const directory: Buffer[] = [];
    const entries: Buffer[] = [];
    const payloads: Buffer[] = [];
    for (const [i, item] of items.entries()) {
      const seq = first + i;
      const payload =
        item.payload === undefined
          ? Buffer.alloc(0)
          : Buffer.concat([randomBytes(32), Buffer.from(JSON.stringify(item.payload))]);
      const commitment =
        payload.length === 0
          ? {}
          : {
              payload: {
                policy: 'full',
                commit: sha256(Buffer.of(2), payload).toString('base64'),
              },
            };
      const text = canonical({ ...this.entry(item.facts, seq), ...commitment });
      const entry = Buffer.from(text);
      const leaf = sha256(Buffer.of(0), entry);
      this.#leaves.push(leaf);
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32LE(entry.length);
      lengths.writeUInt32LE(payload.length, 4);
      directory.push(leaf, lengths);
      const isErased = erase.entries?.includes(seq) === true;
      if (isErased) entry.fill(0);
      if (isErased || erase.payloads?.includes(seq) === true) payload.fill(0);
      entries.push(entry);
      payloads.push(payload);
    }
    this.#frame(first, { directory, entries, payloads, count: items.length });
  }

  #frame(
    first: number,
    parts: { directory: Buffer[]; entries: Buffer[]; payloads: Buffer[]; count: number },
  ): void {
    const directory = Buffer.concat(parts.directory);
    const entries = Buffer.concat(parts.entries);
    const payloads = Buffer.concat(parts.payloads);
    const head = Buffer.alloc(32);
    head.write('SWFR');
    head.writeUInt32LE(parts.count, 4);
    head.writeBigUInt64LE(BigInt(first), 8);
    head.writeBigUInt64LE(1_770_000_000_000n, 16);
    head.writeUInt32LE(entries.length, 24);
    head.writeUInt32LE(payloads.length, 28);
    const root = treeHash(this.#leaves);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(32 + directory.length + entries.length + payloads.length + 132);
    const tail = Buffer.concat([root, this.#signature(this.#checkpointText(this.size)), length]);
    const check = sha256(head, directory, tail);
    this.#segments
      .at(-1)
      ?.frames.push(Buffer.concat([head, directory, entries, payloads, tail, check]));
  }

  /** Files of the workspace's folder, by path. @param published size of the published checkpoint */
  files(published = this.size): Map<string, Buffer> {
    const files = new Map<string, Buffer>();
    for (const { first, frames, header } of this.#segments)
      files.set(
        `segments/${String(first).padStart(20, '0')}.seg`,
        Buffer.concat([header, ...frames]),
      );
    files.set('checkpoint', Buffer.from(this.checkpoint(published)));
    for (const [path, bytes] of this.tiles(published)) files.set(path, bytes);
    return files;
  }

  tiles(size = this.size): Map<string, Buffer> {
    const tiles = new Map<string, Buffer>();
    let hashes = this.#leaves.slice(0, size);
    for (let level = 0; hashes.length > 0; level += 1) {
      const parents: Buffer[] = [];
      for (let n = 0; n * 256 < hashes.length; n += 1) {
        const tile = hashes.slice(n * 256, n * 256 + 256);
        const number = String(n).padStart(3, '0');
        const partial = tile.length === 256 ? '' : `.p/${tile.length}`;
        tiles.set(`tile/${level}/${number}${partial}`, Buffer.concat(tile));
        if (tile.length === 256) parents.push(treeHash(tile));
      }
      hashes = parents;
    }
    return tiles;
  }

  /** The folder audit/. */
  write(folder: string, published = this.size): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'key.pub'), `${this.keyText}\n`);
    for (const [path, bytes] of this.files(published)) {
      const target = join(folder, this.workspace, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
  }
}
