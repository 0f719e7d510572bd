import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkpointOrigin, checkpointText, openCheckpoint } from './checkpoint.ts';
import {
  formatVerifierKey,
  openNote,
  parseVerifierKey,
  signNote,
  type VerifierKey,
  verifierKeyOf,
} from './signed-note.ts';

function newSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { verifier: verifierKeyOf(publicKey), privateKey };
}

test('opens the note of golang.org/x/mod/sumdb/note’s own test', () => {
  const key = parseVerifierKey(
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  );
  const text =
    'If you think cryptography is the answer to your problem,\n' +
    "then you don't know what your problem is.\n";
  const signature =
    'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';
  assert.ok(key);
  assert.equal(openNote(`${text}\n\u2014 PeterNeumann ${signature}\n`, key)?.text, text);
  assert.equal(openNote(`${text}\n\u2014 PeterNeumamn ${signature}\n`, key), undefined);
  assert.equal(openNote(`${text}x\n\u2014 PeterNeumann ${signature}\n`, key), undefined);
});

test('a note is opened by the key that signed it and by no other', () => {
  const signer = newSigner();
  const note = signNote('one\ntwo\n', signer);
  assert.equal(openNote(note, signer.verifier)?.text, 'one\ntwo\n');
  assert.equal(openNote(note, newSigner().verifier), undefined);
  // Somebody else's signature beside it, such as a witness's, is passed over.
  const other = signNote('one\ntwo\n', newSigner()).split('\n').at(-2);
  assert.equal(openNote(`${note}${other}\n`, signer.verifier)?.text, 'one\ntwo\n');
});

test('a key survives being written down, and nothing else is taken for one', () => {
  const { verifier } = newSigner();
  const line = formatVerifierKey(verifier);
  assert.match(line, /^swarm-[0-9a-f]{8}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
  assert.deepEqual(parseVerifierKey(`${line}\n`)?.raw, verifier.raw);
  fc.assert(
    fc.property(fc.nat(line.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
      const changed = line.slice(0, at) + char + line.slice(at + 1);
      fc.pre(changed !== line);
      assert.equal(parseVerifierKey(changed), undefined);
    }),
  );
});

test('a checkpoint holds for its own log only', () => {
  const signer = newSigner();
  const { verifier } = signer;
  const origin = checkpointOrigin(verifier, 'default');
  const root = Buffer.alloc(32, 7);
  const note = signNote(checkpointText(origin, { size: 12, root }), signer);
  assert.deepEqual(openCheckpoint(note, { key: verifier, origin }), { size: 12, root });
  assert.deepEqual(openCheckpoint(note, { key: verifier, origin: `${verifier.name}/other` }), {
    fault: `is of another log: "${origin}"`,
  });
  const badSize = signNote(`${origin}\n012\n${root.toString('base64')}\n`, signer);
  assert.ok('fault' in openCheckpoint(badSize, { key: verifier, origin }));
  const key: VerifierKey = newSigner().verifier;
  assert.ok('fault' in openCheckpoint(note, { key, origin }));
});

test('anything may lie in a checkpoint’s file', () => {
  const signer = newSigner();
  const expected = { key: signer.verifier, origin: 'o' };
  const note = signNote(checkpointText('o', { size: 1, root: Buffer.alloc(32) }), signer);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `${note}${text}`),
      ),
      (text) => {
        openCheckpoint(text, expected);
      },
    ),
  );
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.nat(65_535), (at, unit) => {
      const changed = note.slice(0, at) + String.fromCharCode(unit) + note.slice(at + 1);
      fc.pre(changed !== note);
      // A changed end of the last line is the only part that says nothing.
      if (at < note.length - 1) assert.ok('fault' in openCheckpoint(changed, expected));
    }),
  );
});
