import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventTermsQuery } from '../contracts/event-query.ts';
import { eventTerms } from './event-terms.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const parse = (query: Record<string, string>) => eventTerms(eventTermsQuery.parse(query), NOW);
const ns = (ms: number, rest = 0n) => BigInt(ms) * 1_000_000n + rest;

test('durations count back from now; times keep their nanoseconds and their offset', () => {
  assert.deepEqual(parse({ since: '2h', until: '30m' }), {
    sinceNs: ns(NOW - 7_200_000),
    untilNs: ns(NOW - 1_800_000),
  });
  assert.equal(parse({ since: '2026-01-31T12:00:00.123456789Z' }).sinceNs, ns(NOW, 123_456_789n));
  assert.equal(parse({ since: '2026-01-31T13:30:00+01:30' }).sinceNs, ns(NOW));
  assert.equal(parse({ until: '2026-01-31' }).untilNs, ns(Date.UTC(2026, 0, 31)));
});

test('other terms pass as they are, lists as lists', () => {
  assert.deepEqual(parse({ agent: 'desk,till', kind: 'gateway.*', text: 'a b', minCost: '0.5' }), {
    agent: ['desk', 'till'],
    kind: ['gateway.*'],
    text: 'a b',
    minCost: '0.5',
  });
});

test('what is no time is refused by name, with what one looks like', () => {
  const wrong = ['yesterday', '2026-13-01', '2026-02-30T00:00:00Z', '2026-01-31T12:00', '2', '-2h'];
  for (const text of wrong)
    for (const name of ['since', 'until'])
      assert.throws(() => parse({ [name]: text }), {
        code: 'request_invalid',
        message: new RegExp(`${name}: .*2026-01-31T12:00:00Z.*2h`),
      });
});

test('a span that ends before it begins, or holds nothing, is refused', () => {
  for (const [since, until] of [
    ['1h', '2h'],
    ['1h', '1h'],
    ['2026-02-01', '2026-01-01'],
  ])
    assert.throws(() => parse({ since: since ?? '', until: until ?? '' }), {
      code: 'request_invalid',
      message: /not before until/,
    });
});
