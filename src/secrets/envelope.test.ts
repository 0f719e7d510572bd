import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EnvelopeOf, openEnvelope, sealEnvelope } from './envelope.ts';

const newKey = () => createSecretKey(randomBytes(32));
const of: EnvelopeOf = { workspaceId: 'default', agent: null, name: 'API_KEY', version: 1 };

const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
const owner = fc.record({
  workspaceId: fc.string({ minLength: 1, maxLength: 20 }),
  agent: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: null }),
  name: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/),
  version: fc.integer({ min: 1, max: 1_000_000 }),
});

test('what is sealed is opened again, whatever it is', () => {
  const workspaceKey = newKey();
  fc.assert(
    fc.property(value, owner, (text, who) => {
      const envelope = sealEnvelope(text, { of: who, workspaceKey });
      assert.equal(openEnvelope(envelope, { of: who, workspaceKey }), text);
    }),
  );
});

test('the same value is never sealed to the same envelope, and none holds it', () => {
  const workspaceKey = newKey();
  const text = 'sk-planted-value-0123456789';
  const envelopes = Array.from({ length: 50 }, () => sealEnvelope(text, { of, workspaceKey }));
  assert.equal(new Set(envelopes).size, 50);
  for (const envelope of envelopes) {
    assert.ok(!envelope.includes(text));
    assert.ok(!Buffer.from(envelope.slice(3), 'base64').includes(text));
  }
});

test('with any bit of its bytes flipped it is refused', () => {
  const workspaceKey = newKey();
  const envelope = sealEnvelope('hunter2', { of, workspaceKey });
  const bytes = Buffer.from(envelope.slice(3), 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const damaged = `v1.${flipped.toString('base64')}`;
    assert.equal(openEnvelope(damaged, { of, workspaceKey }), undefined, `bit ${bit}`);
  }
});

test('with any bit of its text flipped, or cut off anywhere, it is refused', () => {
  const workspaceKey = newKey();
  const envelope = sealEnvelope('hunter2!', { of, workspaceKey });
  const text = Buffer.from(envelope, 'latin1');
  for (let bit = 0; bit < text.length * 8; bit++) {
    const flipped = Buffer.from(text);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const damaged = flipped.toString('latin1');
    assert.equal(openEnvelope(damaged, { of, workspaceKey }), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < envelope.length; length++)
    assert.equal(openEnvelope(envelope.slice(0, length), { of, workspaceKey }), undefined);
  assert.equal(openEnvelope(`${envelope} `, { of, workspaceKey }), undefined);
});

test('it opens for whom it was sealed only', () => {
  const workspaceKey = newKey();
  fc.assert(
    fc.property(owner, owner, (mine, theirs) => {
      fc.pre(JSON.stringify(mine) !== JSON.stringify(theirs));
      const envelope = sealEnvelope('hunter2', { of: mine, workspaceKey });
      assert.equal(openEnvelope(envelope, { of: theirs, workspaceKey }), undefined);
    }),
  );
  // Parts that only look the same when they are joined.
  const envelope = sealEnvelope('hunter2', {
    of: { ...of, workspaceId: 'ab', agent: 'c' },
    workspaceKey,
  });
  const other = { ...of, workspaceId: 'a', agent: 'bc' };
  assert.equal(openEnvelope(envelope, { of: other, workspaceKey }), undefined);
  assert.equal(openEnvelope(envelope, { of, workspaceKey: newKey() }), undefined);
});
