import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { REDACT_PATTERNS, type RedactPattern } from '../../contracts/trail.ts';
import { findSecrets } from './find-secrets.ts';

const cut = (text: string, pattern: RedactPattern) =>
  findSecrets(text, [pattern]).map(({ start, end }) => text.slice(start, end));
/** Made here, so that no scanner of repositories takes them for real ones. */
const run = (length: number) => 'aB3'.repeat(length).slice(0, length);

test('keys of well-known shapes', () => {
  const keys = [
    ...[`sk-${run(48)}`, `sk-proj-${run(60)}`, `sk-ant-api03-${run(90)}`, `sk_live_${run(24)}`],
    ...[`ghp_${run(36)}`, `github_pat_${run(60)}`, `glpat-${run(20)}`, `xoxb-1234-${run(20)}`],
    ...[`AKIA${'ABCD1234'.repeat(2)}`, `AIza${run(35)}`, `hf_${run(34)}`, `npm_${run(36)}`],
    ...[`SG.${run(22)}.${run(43)}`, `gsk_${run(50)}`, `lsv2_pt_${run(32)}`, `pypi-${run(40)}`],
    ...[`swarm_${'0'.repeat(20)}_${'1'.repeat(36)}`, `eyJ${run(20)}.eyJ${run(30)}.${run(40)}`],
  ];
  for (const key of keys) {
    assert.deepEqual(cut(`key=${key} and more`, 'keys'), [key], key);
    assert.deepEqual(cut(`{"k":"${key}"}`, 'keys'), [key], key);
  }
  assert.deepEqual(cut(`Authorization: Bearer ${run(20)}\n`, 'keys'), [run(20)]);
  const block = `-----BEGIN RSA PRIVATE KEY-----\n${run(60)}\n-----END RSA PRIVATE KEY-----`;
  assert.deepEqual(cut(`a ${block} b`, 'keys'), [block]);
  assert.deepEqual(cut(`a ${block.slice(0, 70)}`, 'keys'), [block.slice(0, 70)]);
});

test('what only looks alike stays', () => {
  for (const text of [
    ...['ask-me-anything-about-this-topic', 'task-force', 'the bearer of bad news', 'sk-short'],
    ...['basic understanding-of-the-matter', 'eyJ is how they begin', 'AKIA'],
  ])
    assert.deepEqual(cut(text, 'keys'), [], text);
  for (const text of ['a@b', '@decorator', 'user@localhost', 'x @ y.z', 'npm i @scope/name'])
    assert.deepEqual(cut(text, 'email'), [], text);
  for (const text of [
    ...['4111111111111112', '1700000000000', '123e4567-e89b-42d3-a456-426614174000'],
    ...['1700000000000000000', '0.4111111111111111', 'order41111111111111111'],
  ])
    assert.deepEqual(cut(text, 'card'), [], text);
  for (const text of ['DE89370400440532013001', 'XX89370400440532013000', 'AB12CD34'])
    assert.deepEqual(cut(text, 'iban'), [], text);
  for (const text of ['1234567', '2026-01-31', '10.20.30.40', '+1'])
    assert.deepEqual(cut(text, 'phone'), [], text);
});

test('addresses, cards, phones and accounts', () => {
  assert.deepEqual(cut('to joe.b+x@mail.example.org, now', 'email'), ['joe.b+x@mail.example.org']);
  assert.deepEqual(cut('?to=joe%40example.org&x', 'email'), ['joe%40example.org']);
  assert.deepEqual(cut('jürgen@köln.example', 'email'), ['jürgen@köln.example']);
  for (const card of [
    ...['4111111111111111', '4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005'],
    ...['6011111111111117', '30569309025904', '2223003122003222', '3530111333300000'],
  ])
    assert.deepEqual(cut(`pay ${card}.`, 'card'), [card]);
  assert.deepEqual(cut('2026 4111 1111 1111 1111 12', 'card'), ['4111 1111 1111 1111']);
  for (const phone of [
    '+49 170 1234567',
    '+1 (555) 123-4567',
    '(555) 123-4567',
    '0049-170-1234567',
  ])
    assert.deepEqual(cut(`call ${phone}, please`, 'phone'), [phone]);
  for (const iban of ['DE89370400440532013000', 'DE89 3704 0044 0532 0130 00', 'NO9386011117947'])
    assert.deepEqual(cut(`to ${iban} THEN`, 'iban'), [iban]);
});

test('places are sorted, apart and inside the text, whatever the text is', () => {
  const piece = fc.constantFrom(
    ...['a', '@', '.', ' ', '4', '-', '+', '%40', 'sk-', 'eyJ', 'DE89', '"', '\n', '\ud800'],
    ...['4111111111111111', 'joe@x.org', run(30), 'Bearer ', '-----BEGIN PRIVATE KEY-----'],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      let last = 0;
      for (const { start, end } of findSecrets(text, REDACT_PATTERNS)) {
        assert.ok(start >= last && end > start && end <= text.length);
        last = end;
      }
    }),
    { numRuns: 2_000 },
  );
});
