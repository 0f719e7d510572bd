import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatVerifierKey } from './signed-note.ts';
import { ensureSigningKey, loadSigningKey } from './signing-key.ts';

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'audit-key-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a key is made once, for its owner only', (t) => {
  const dir = folder(t);
  const first = ensureSigningKey(dir);
  assert.equal(statSync(join(dir, 'key')).mode & 0o777, 0o600);
  assert.equal(
    readFileSync(join(dir, 'key.pub'), 'utf8'),
    `${formatVerifierKey(first.verifier)}\n`,
  );
  assert.deepEqual(ensureSigningKey(dir).verifier.raw, first.verifier.raw);
});

test('a key.pub that a crash left unwritten is written', (t) => {
  const dir = folder(t);
  const { verifier } = ensureSigningKey(dir);
  rmSync(join(dir, 'key.pub'));
  assert.deepEqual(ensureSigningKey(dir).verifier.raw, verifier.raw);
  assert.equal(readFileSync(join(dir, 'key.pub'), 'utf8'), `${formatVerifierKey(verifier)}\n`);
});

test('a key that others can read is refused, with what to do', (t) => {
  const dir = folder(t);
  ensureSigningKey(dir);
  chmodSync(join(dir, 'key'), 0o640);
  assert.throws(() => loadSigningKey(dir), {
    code: 'audit_key_invalid',
    remedy: new RegExp(`chmod 600 ${join(dir, 'key')}`),
  });
});

test('a key that is none is refused, and its text is not told', (t) => {
  const dir = folder(t);
  ensureSigningKey(dir);
  for (const text of ['', 'secret words', '-----BEGIN PRIVATE KEY-----\nAAAA\n']) {
    writeFileSync(join(dir, 'key'), text);
    assert.throws(
      () => loadSigningKey(dir),
      (error: Error & { code?: string }) =>
        error.code === 'audit_key_invalid' && !error.message.includes('secret words'),
    );
  }
});

test('a key that is missing beside logs is not replaced', (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'default'));
  assert.throws(() => ensureSigningKey(dir), { code: 'audit_key_invalid', message: /missing/ });
});

test('another log’s key is refused', (t) => {
  const [dir, other] = [folder(t), folder(t)];
  ensureSigningKey(dir);
  ensureSigningKey(other);
  writeFileSync(join(dir, 'key'), readFileSync(join(other, 'key')));
  assert.throws(() => ensureSigningKey(dir), {
    code: 'audit_key_invalid',
    message: /does not belong to .*key\.pub/,
  });
});
