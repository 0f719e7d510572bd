import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64, toBase64, toHex } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { openCheckpoint } from './checkpoint.ts';
import { parseKey } from './verifier-key.ts';
import { verifyEvent } from './verify-event.ts';

function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const name = `swarm-${createHash('sha256').update(raw).digest('hex').slice(0, 8)}`;
  const bytes = Buffer.concat([Buffer.of(1), raw]);
  const id = createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
  const text = `${name}+${id.toString('hex')}+${bytes.toString('base64')}`;
  const signed = (body: string) => {
    const signature = sign(null, Buffer.from(body), privateKey);
    return `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
  };
  return { name, text, signed };
}

const root = Buffer.alloc(32, 7).toString('base64');

test('base64 is the one way to write bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = toBase64(bytes);
      assert.equal(text, Buffer.from(bytes).toString('base64'));
      assert.deepEqual(fromBase64(text), new Uint8Array(bytes));
      assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
    }),
  );
  for (const wrong of ['QQ', 'QR==', 'QQ==\n', ' QQ==', 'Q-==', '====', 'QQ=A'])
    assert.equal(fromBase64(wrong), undefined, wrong);
});

test('canonical JSON sorts members by UTF-16 code units and keeps numbers as they are', () => {
  const value = JSON.parse(
    '{"b":[1e21,0.1,-0],"€":1,"a":{"10":1,"9":"\\u000f"},"😀":null,"﹁":true}',
  );
  assert.equal(
    canonicalJson(value),
    '{"a":{"10":1,"9":"\\u000f"},"b":[1e+21,0.1,0],"€":1,"😀":null,"﹁":true}',
  );
  assert.throws(() => canonicalJson('\ud800'), /half a character/);
});

test('a key is taken when name, id and bytes belong together', async () => {
  const { text, name } = makeKey();
  const key = await parseKey(` ${text}\n`);
  assert.equal(key.name, name);
  assert.equal(`swarm-${key.fingerprint.slice(0, 8)}`, name);
  for (let i = 0; i < text.length; i += 1) {
    const changed = text.slice(0, i) + (text[i] === 'b' ? 'c' : 'b') + text.slice(i + 1);
    if (changed !== text) await assert.rejects(parseKey(changed), `character ${i}`);
  }
});

test('a checkpoint is what the key signed; signatures of others beside it are left alone', async () => {
  const [own, other] = [makeKey(), makeKey()];
  const key = await parseKey(own.text);
  const body = `${own.name}/default\n12\n${root}\n`;
  const opened = await openCheckpoint(`${body}\n${other.signed(body)}${own.signed(body)}`, key);
  assert.deepEqual([opened.origin, opened.size], [`${own.name}/default`, 12]);
  assert.equal(toBase64(opened.root), root);

  const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
    'signed by another only': [`${body}\n${other.signed(body)}`, /not signed by/],
    'signed twice': [`${body}\n${own.signed(body).repeat(2)}`, /more than once/],
    'signed for another text': [`${body}\n${own.signed('x\n')}`, /not one of this text/],
    'no signature': [body, /not a signed note/],
    'a line that is none': [`${body}\n${own.signed(body)}hello\n`, /cannot be read/],
  };
  for (const [what, [note, why]] of Object.entries(refused))
    await assert.rejects(openCheckpoint(note, key), why, what);
  for (const text of ['a\n-1\n', 'a\n01\n', `a\n9007199254740993\n`]) {
    const strange = `${text}${root}\n`;
    await assert.rejects(openCheckpoint(`${strange}\n${own.signed(strange)}`, key), /no origin/);
  }
});

test('whatever is sent in the place of a proof is no proof, and breaks nothing', async () => {
  const { text } = makeKey();
  const key = { text, from: 'pinned' } as const;
  const against = { key, workspace: 'default', readTile: async () => undefined };
  const entry = fc.record(
    {
      seq: fc.oneof(fc.integer(), fc.double(), fc.string()),
      leafHash: fc.constantFrom(root, '', 'x'),
      entry: fc.oneof(fc.jsonValue(), fc.record({ seq: fc.nat(), payload: fc.jsonValue() })),
      payload: fc.jsonValue(),
      payloadSalt: fc.jsonValue(),
      hashes: fc.oneof(fc.array(fc.constantFrom(root, 'x')), fc.jsonValue()),
      tlogProof: fc.string(),
    },
    { requiredKeys: [] },
  );
  const like = fc.record({
    format: fc.constant('swarm-proof/v1'),
    origin: fc.string(),
    size: fc.oneof(fc.nat(), fc.double()),
    checkpoint: fc.string(),
    entries: fc.oneof(fc.array(entry, { maxLength: 3 }), fc.jsonValue()),
  });
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    like.map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (proof) => {
      const { verdict } = await verifyEvent({ proof, against }, () => undefined);
      assert.equal(verdict, 'wrong');
    }),
    { numRuns: 300 },
  );
});
