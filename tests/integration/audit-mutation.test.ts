/**
 * One change at random in a copy of the log, an export or a proof: the verifier must find every one,
 * and nothing in what was not changed. SWARM_AUDIT_MUTATIONS sets how many, SWARM_SEED which.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { unpackTar } from 'modern-tar';
import { exportOf, makeAuditSample, proofOf } from './audit-sample.ts';

const MUTATIONS = Number(process.env.SWARM_AUDIT_MUTATIONS ?? 210);
const SEED = Number(process.env.SWARM_SEED ?? 20260131);
const VERIFIER = join(import.meta.dirname, '..', '..', 'verifier', 'verify.ts');
const RUN_TIMEOUT_MS = 60_000;
const PARALLEL = 2;

/** Small and seeded: mulberry32. @returns a whole number below */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function verify(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [VERIFIER, ...args],
      { timeout: RUN_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr }),
    );
  });
}

type Files = Map<string, Buffer>;

function readFolder(folder: string): Files {
  const files: Files = new Map();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isFile()) files.set(name, readFileSync(path));
  }
  return files;
}

function writeFolder(folder: string, files: Files): void {
  for (const [name, bytes] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

type Random = (below: number) => number;
type Mutation = (bytes: Buffer, random: Random) => Buffer;

const mutations: Readonly<Record<string, Mutation>> = {
  flip(bytes, random) {
    const changed = Buffer.from(bytes);
    const at = random(bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << random(8));
    return changed;
  },
  delete(bytes, random) {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(64))]);
  },
  insert(bytes, random) {
    const at = random(bytes.length + 1);
    const more = Buffer.from(Array.from({ length: 1 + random(32) }, () => random(256)));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  swap(bytes, random) {
    const length = 1 + random(Math.min(64, Math.max(1, bytes.length >> 1)));
    const a = random(Math.max(1, bytes.length - length));
    const b = random(Math.max(1, bytes.length - length));
    const changed = Buffer.from(bytes);
    bytes.copy(changed, a, b, b + length);
    bytes.copy(changed, b, a, a + length);
    return changed;
  },
  zero(bytes, random) {
    const changed = Buffer.from(bytes);
    const at = random(bytes.length);
    return changed.fill(0, at, Math.min(bytes.length, at + 1 + random(200)));
  },
  truncate: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  append(bytes, random) {
    const from = random(bytes.length);
    return Buffer.concat([bytes, bytes.subarray(from, from + 1 + random(500))]);
  },
};

/** A change of exactly one file, or of which files there are. @returns what was done */
function mutate(files: Files, random: Random): string | undefined {
  const names = [...files.keys()];
  const name = names[random(names.length)] ?? '';
  const other = names[random(names.length)] ?? '';
  const bytes = files.get(name) ?? Buffer.alloc(0);
  const choice = random(10);
  if (choice === 0) {
    files.delete(name);
    return `${name} is removed`;
  }
  if (choice === 1) {
    const more = files.get(other) ?? bytes;
    if (more.equals(bytes)) return undefined;
    files.set(name, more);
    files.set(other, bytes);
    return `${name} and ${other} are exchanged`;
  }
  const kinds = Object.keys(mutations);
  const kind = kinds[random(kinds.length)] ?? '';
  const changed = mutations[kind]?.(bytes, random) ?? bytes;
  if (changed.equals(bytes)) return undefined;
  files.set(name, changed);
  return `${name}: ${kind} (${bytes.length} to ${changed.length} bytes)`;
}

let root: string;
let key: string;
/** What is verified: a folder's files, or one file by the name ''. */
const targets = new Map<string, Files>();

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}

/** An export in a folder: its parts are joined. */
async function unpacked(tar: Buffer): Promise<Files> {
  const files: Files = new Map();
  for (const { header, data } of await unpackTar(tar)) {
    const name = header.name.replace(/^events-\d{6}/, 'events');
    const before = files.get(name) ?? Buffer.alloc(0);
    files.set(name, Buffer.concat([before, data ?? Buffer.alloc(0)]));
  }
  return files;
}

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'swarm-mutation-'));
  const sample = await makeAuditSample(join(root, 'audit'));
  key = join(root, 'kept.pub');
  writeFileSync(key, sample.key);
  for (const format of ['json', 'jsonl', 'csv', 'ocsf'] as const) {
    const tar = await bytesOf(exportOf(sample, format));
    targets.set(`${format}-tar`, new Map([['', tar]]));
    targets.set(`${format}-folder`, await unpacked(tar));
  }
  const proof = Buffer.from(JSON.stringify(await proofOf(sample, sample.twoPartId)));
  targets.set('proof', new Map([['', proof]]));
  const log = readFolder(sample.dir);
  // Private, or nothing that is verified.
  for (const name of log.keys())
    if (!/^key\.pub$|\/(checkpoint$|segments\/|tile\/)/.test(name)) log.delete(name);
  targets.set('log', log);
});
after(() => rmSync(root, { recursive: true, force: true }));

async function verifyFiles(files: Files, index: number): Promise<Outcome> {
  const path = join(root, `copy-${index}`);
  try {
    const single = files.get('');
    if (single === undefined) writeFolder(path, files);
    else writeFileSync(path, single);
    return await verify([path, '--key', key, '--strict']);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

test('what was not changed has no findings', async () => {
  for (const [name, files] of targets) {
    const { code, output } = await verifyFiles(files, 0);
    assert.equal(code, 0, `${name}: ${output}`);
  }
});

test(`every one of ${MUTATIONS} changes is found`, {
  timeout: 1000 + MUTATIONS * 5_000,
}, async () => {
  const random = randomFrom(SEED);
  const names = [...targets.keys()];
  const missed: string[] = [];
  let next = 0;
  const lane = async () => {
    while (next < MUTATIONS) {
      const index = next++;
      // Half of them in the log itself.
      const name = index % 2 === 0 ? 'log' : (names[random(names.length)] ?? 'log');
      const files: Files = new Map(targets.get(name));
      const done = mutate(files, random);
      if (done === undefined) continue;
      const { code, output } = await verifyFiles(files, index + 1);
      // A tar file or proof that is gone, or cannot be told for one any more, is not verified: 2.
      const isUnknown = code === 2 && targets.get(name)?.has('') === true && output !== '';
      const isFound = code === 1 || isUnknown;
      if (!isFound) missed.push(`${name}, number ${index}: ${done}: ${code} ${output}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  assert.deepEqual(missed, [], `seed ${SEED}`);
});
