/** Other people's code reads our log: golang.org/x/mod/sumdb, in tests/go-reader. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { makeAuditSample, proofOf, WORKSPACE } from './audit-sample.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, '..', 'go-reader');
const BUILD_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 60_000;

let root: string;
let program: string;
/** Why the program cannot be had here. */
let missing: string | undefined;
let key: string;
let folder: string;
let proof: string;

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'swarm-go-reader-'));
  program = join(root, 'go-reader');
  try {
    await run('go', ['build', '-o', program, '.'], {
      cwd: SOURCE,
      timeout: BUILD_TIMEOUT_MS,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
    });
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const isAbsent =
      code === 'ENOENT' || /dial tcp|lookup|timeout|no such host|proxy/i.test(stderr);
    if (!isAbsent) throw error;
    missing =
      code === 'ENOENT' ? 'there is no Go' : 'the module golang.org/x/mod cannot be downloaded';
    return;
  }
  const sample = await makeAuditSample(join(root, 'audit'));
  key = join(root, 'kept.pub');
  writeFileSync(key, sample.key);
  folder = join(sample.dir, WORKSPACE);
  proof = join(root, 'proof.json');
  writeFileSync(proof, JSON.stringify(await proofOf(sample, sample.twoPartId)));
});
after(() => rmSync(root, { recursive: true, force: true }));

const read = () => run(program, [key, folder, proof], { timeout: RUN_TIMEOUT_MS });

test('Go opens key and checkpoint, remakes the tree from our tiles, and checks our proofs', async (t) => {
  if (missing !== undefined) return t.skip(missing);
  const { stdout } = await read();
  assert.match(stdout, /^swarm-[0-9a-f]{8}: 6\d\d entries, 2 proven\n$/);
});

test('Go refuses a checkpoint, a tile and a proof of which one bit is another', async (t) => {
  if (missing !== undefined) return t.skip(missing);
  const tile = join(folder, 'tile', '0', readdirSync(join(folder, 'tile', '0'))[0] ?? '');
  for (const path of [join(folder, 'checkpoint'), tile, proof]) {
    const right = readFileSync(path);
    const wrong = Buffer.from(right);
    const at = path === proof ? wrong.indexOf('tlogProof') + 60 : Math.floor(wrong.length / 2);
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    writeFileSync(path, wrong);
    await assert.rejects(read(), { code: 1 }, path);
    writeFileSync(path, right);
  }
  await read();
});
