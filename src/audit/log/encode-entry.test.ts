import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { auditEntry, storedPayload } from '../../contracts/event.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../contracts/trail.ts';
import type { AppendItem } from '../ports.ts';
import { canonicalJson } from './canonical-json.ts';
import { encodeEntry } from './encode-entry.ts';
import { EventIds, RandomPool } from './random-pool.ts';

const random = new RandomPool();
const sources = { random, ids: new EventIds(random) };
const place = {
  ...{ seq: 7, workspaceId: 'default', nowMs: Date.UTC(2026, 0, 31) },
  recorded: '2026-01-31T00:00:00.000Z',
};
const kind = 'gateway.call' as EventKind;

const text = (max: number) => fc.string({ minLength: 1, maxLength: max, unit: 'binary' });
const count = fc.maxSafeNat();
const hexText = (length: number) =>
  fc.string({
    ...{ minLength: length, maxLength: length },
    unit: fc.constantFrom(...'0123456789abcdef'),
  });
const optional = { requiredKeys: [] };

const draft: fc.Arbitrary<AppendItem['draft']> = fc
  .record(
    {
      ...{ kind: fc.constant(kind), phase: fc.constantFrom('whole', 'intent', 'completion') },
      actor: fc.record(
        {
          type: fc.constantFrom('human', 'agent', 'coach', 'service', 'anonymous'),
          ...{ id: text(200), name: text(200), token: text(200), address: text(100) },
          auth: fc.constantFrom('token', 'session', 'internal', 'none'),
        },
        { requiredKeys: ['type', 'id', 'name', 'auth'] },
      ),
      status: fc.constantFrom('ok', 'error', 'refused', 'unknown'),
      ...{ id: text(200), intent: count, time: fc.constant('2026-01-31T12:00:00.123456789Z') },
      ...{ agent: text(100), revision: count, replica: count, machine: text(100) },
      ...{ run: hexText(32), span: hexText(16), parent: hexText(16), request: text(100) },
      ...{ tool: text(200), provider: text(100), model: text(200), durationNs: count },
      error: fc.record({ code: text(100), message: fc.string({ maxLength: 2000 }) }),
      bytes: fc.record({ in: count, out: count }, optional),
      tokens: fc.record(
        {
          ...{ input: count, output: count, reasoning: count },
          ...{ cacheRead: count, cacheWrite: count, cacheWriteLong: count },
        },
        optional,
      ),
      cost: fc.record({
        ...{ amount: fc.constant('0.012'), currency: fc.constant('USD'), prices: text(100) },
      }),
      attributes: fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()),
    },
    { requiredKeys: ['kind', 'phase', 'actor'] },
  )
  .map((value) => value as AppendItem['draft']);

test('every draft becomes canonical JSON that the schema takes, with what the draft says', () => {
  fc.assert(
    fc.property(draft, (value) => {
      const { leaf } = encodeEntry(value, place, sources);
      const entry = JSON.parse(leaf);
      assert.equal(canonicalJson(entry), leaf);
      assert.equal(leaf.isWellFormed(), true);
      auditEntry.parse(entry);
      const { actor, attributes, phase, status, ...facts } = JSON.parse(JSON.stringify(value));
      assert.deepEqual(entry, {
        ...{ id: entry.id, time: place.recorded, ...facts },
        ...{ actor, phase, ...(attributes !== undefined && { attributes }) },
        status: phase === 'intent' ? 'open' : (status ?? 'ok'),
        ...{ v: 1, seq: 7, workspace: 'default', recorded: place.recorded, nonce: entry.nonce },
      });
    }),
    { numRuns: 300 },
  );
});

const plain: AppendItem['draft'] = { kind, phase: 'whole', actor: serviceEventActor('test') };

test('a lone surrogate anywhere leaves text that UTF-8 can hold', () => {
  const { leaf } = encodeEntry(
    { ...plain, tool: 'a\udc00', attributes: { x: '\ud800' } },
    place,
    sources,
  );
  const entry = JSON.parse(leaf);
  assert.deepEqual([entry.tool, entry.attributes.x], ['a\ufffd', '\ufffd']);
  assert.equal(canonicalJson(entry), leaf);
  // A backslash before such letters is only text.
  const backslash = encodeEntry({ ...plain, tool: 'C:\\udata' }, place, sources);
  assert.equal(JSON.parse(backslash.leaf).tool, 'C:\\udata');
});

test('nonces and ids differ', () => {
  const made = Array.from({ length: 5000 }, () =>
    JSON.parse(encodeEntry(plain, place, sources).leaf),
  );
  assert.equal(new Set(made.map(({ nonce }) => nonce)).size, 5000);
  assert.equal(new Set(made.map(({ id }) => id)).size, 5000);
  assert.match(made[0].id, /^evt_[0-9a-hjkmnp-tv-z]{20}$/);
});

test('a payload lies beside its entry, which commits to it', () => {
  const captured = {
    policy: { ...DEFAULT_PAYLOAD_POLICY, policy: 'full' as const },
    request: { head: Buffer.from('{"a":1}'), totalBytes: 7, contentType: 'application/json' },
  };
  const { leaf, payload } = encodeEntry({ ...plain, captured }, place, sources);
  assert.ok(payload);
  const prefixed = Buffer.concat([Buffer.of(2), payload]);
  assert.equal(JSON.parse(leaf).payload.commit, hash('sha256', prefixed, 'base64'));
  const stored = storedPayload.parse(JSON.parse(payload.subarray(32).toString()));
  assert.ok(stored.request);
  auditEntry.parse(JSON.parse(leaf));
  const other = encodeEntry({ ...plain, captured }, place, sources).payload;
  assert.notDeepEqual(other?.subarray(0, 32), payload.subarray(0, 32));
});

test('an entry has a largest size, in bytes', () => {
  const fits = { ...plain, attributes: { text: 'x'.repeat(65_000) } };
  assert.doesNotThrow(() => encodeEntry(fits, place, sources));
  const wide = { ...plain, attributes: { text: '€'.repeat(22_000) } };
  assert.throws(() => encodeEntry(wide, place, sources), { code: 'audit_entry_too_large' });
});

test('attributes that are no JSON are refused', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 1000; i++) deep = [deep];
  for (const value of [deep, Number.NaN])
    assert.throws(
      () => encodeEntry({ ...plain, attributes: { value: value as string } }, place, sources),
      { code: 'audit_event_invalid' },
    );
});
