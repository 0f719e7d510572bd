import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CallTerms, isListTerm, STATUSES, TERMS, type TermName } from './call-terms.ts';
import { formatQuery, parseQuery } from './query-words.ts';

test('terms and words are told apart', () => {
  assert.deepEqual(parseQuery('agent:desk status:error,refused refund "not found" min-cost:0.05'), {
    terms: {
      ...{ agent: 'desk', status: 'error,refused', minCost: '0.05' },
      text: 'refund "not found"',
    },
    problems: [],
  });
});

test('the same list twice is one list; of a single value the later one holds', () => {
  const { terms } = parseQuery('agent:a agent:b,a since:1h since:2h');
  assert.deepEqual(terms, { agent: 'a,b', since: '2h' });
});

test('what is no term is a word, colon or not', () => {
  for (const typed of ['http://a.example/x', 'foo:bar', '"agent:desk"', 'agent:', ':x', 'a"b'])
    assert.deepEqual(parseQuery(typed).terms, { text: typed }, typed);
});

test('a value in quotes has blanks, quotes and backslashes', () => {
  assert.deepEqual(parseQuery(String.raw`tool:"look \"up\" \\ it"`).terms, {
    tool: String.raw`look "up" \ it`,
  });
});

test('what cannot be is said, in the words that were typed', () => {
  const { terms, problems } = parseQuery('status:eror run:12 min-cost:x kind:Gateway agent:desk');
  assert.deepEqual(terms, { agent: 'desk' });
  assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    ['status:eror', 'run:12', 'min-cost:x', 'kind:Gateway'],
  );
});

test('nothing that is typed breaks it, and a long text takes no long time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (typed) => !!parseQuery(typed)),
  );
  parseQuery('"'.repeat(200_000));
  parseQuery(`tool:"${'\\'.repeat(200_000)}`);
  parseQuery('a:'.repeat(100_000));
});

const value = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes(',') && text.trim() !== '');
const words = fc.uniqueArray(value, { minLength: 1, maxLength: 3 }).map((list) => list.join(','));
const arbitraryOf: Partial<Record<TermName, fc.Arbitrary<string>>> = {
  kind: fc.constantFrom('gateway.*', 'gateway.call,egress.call', 'all'),
  status: fc.subarray([...STATUSES], { minLength: 1 }).map((list) => list.join(',')),
  run: fc.constant('0123456789abcdef0123456789abcdef'),
  minCost: fc.constantFrom('0', '0.05', '12'),
  text: fc.oneof(
    value,
    fc.constantFrom('refund "not found"', 'agent:desk', 'status:nonsense', ' a  b ', '"x', 'a\\'),
  ),
};
const terms: fc.Arbitrary<CallTerms> = fc.record(
  Object.fromEntries(
    TERMS.map((name) => [name, arbitraryOf[name] ?? (isListTerm(name) ? words : value)]),
  ),
  { requiredKeys: [] },
);

test('written and read again, terms are the same', () => {
  fc.assert(
    fc.property(terms, (given) => {
      const { terms: read, problems } = parseQuery(formatQuery(given));
      assert.deepEqual(problems, []);
      assert.deepEqual({ ...read }, { ...given });
    }),
    { numRuns: 500 },
  );
});
