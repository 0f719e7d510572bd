import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { query } from 'json-p3';
import { PathMatcher } from './path-matcher.ts';
import { redactJson } from './redact-json.ts';

const SECRET = 'S3CRET';
const PATHS = [
  ...['$', '$.a', '$..a', '$.a.b', '$..a.b', '$.*', '$..*', '$[0]', '$..[1]', '$.a[*]', '$.a..b'],
  ...['$..a..b', '$[*].a', "$['a','b']", '$..["b"][0]', '$.*.*', "$['a b']"],
];
const name = fc.constantFrom('a', 'b', 'c', 'a b', 'é"\\', '');
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    ...[fc.constant(null), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true })],
    fc.constantFrom(SECRET, 'x\n"y"', '\\', '', '{"a":1}'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const indent = fc.constantFrom(undefined, 1, '\t');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The definition: RFC 9535 says which values are named, and each is replaced. */
function byDefinition(value: Json, paths: readonly string[]): Json {
  const named = new Set<string>();
  for (const path of paths)
    for (const { location } of query(path, value as never)) named.add(JSON.stringify(location));
  const replace = (inner: Json, location: (string | number)[]): Json => {
    if (named.has(JSON.stringify(location))) return '[redacted]';
    if (Array.isArray(inner)) return inner.map((one, i) => replace(one, [...location, i]));
    if (inner === null || typeof inner !== 'object') return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([key, one]) => [key, replace(one, [...location, key])]),
    );
  };
  return replace(value, []);
}

test('what the paths of RFC 9535 name is taken out, and nothing else is changed', () => {
  fc.assert(
    fc.property(
      ...([document, fc.subarray(PATHS, { minLength: 1, maxLength: 3 }), indent] as const),
      (value, paths, space) => {
        const text = JSON.stringify(value, undefined, space);
        const rules = { matcher: new PathMatcher(paths), patterns: [] };
        const redacted = redactJson(text, rules);
        assert.deepEqual(JSON.parse(redacted.text), byDefinition(JSON.parse(text) as Json, paths));
        if (redacted.count === 0) assert.equal(redacted.text, text);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('cut anywhere, or broken anywhere, no part of a named value is left', () => {
  fc.assert(
    fc.property(
      ...([document, document, fc.nat(), fc.string({ maxLength: 3 })] as const),
      (before, after, place, junk) => {
        const named = { list: ['NAMEDVALUE1', { NAMEDVALUE2: -987650123 }], text: 'NAMED\nVALUE3' };
        const text = JSON.stringify([before, { a: { key: named, z: after } }, after]);
        const rules = { matcher: new PathMatcher(['$..key']), patterns: [] };
        const at = place % (text.length + 1);
        const cut = redactJson(text.slice(0, at), rules).text;
        assert.doesNotMatch(cut, /NAMED|VALUE|987650123/);
        const broken = text.slice(0, at) + junk + text.slice(at);
        const [begin, end] = [text.indexOf('"key"'), text.indexOf('VALUE3')];
        // Junk inside the key makes it another key, which nobody has named.
        if (at > begin && at < begin + 6) return;
        if (at < begin && junk.includes('"')) return;
        if (at > begin && at < end && /["}\]]/.test(junk)) return;
        assert.doesNotMatch(redactJson(broken, rules).text, /NAMEDVALUE/);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('any text at all is read without throwing', () => {
  const piece = fc.constantFrom(
    ...'{}[]":,\\ \n0-1.eEtfn',
    'true',
    'null',
    '"a"',
    '\\u00',
    '\u2028',
  );
  const rules = { matcher: new PathMatcher(['$..a', '$[0]']), patterns: ['email' as const] };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      let whole = true;
      try {
        JSON.parse(text);
      } catch {
        whole = false;
      }
      const redacted = redactJson(text, rules);
      if (whole) assert.doesNotThrow(() => JSON.parse(redacted.text), text);
    }),
    { numRuns: 5_000 },
  );
});

test('patterns are found behind escapes, in keys and in numbers; the JSON stays JSON', () => {
  const text =
    '{"a":"joe\\u0040example.org","b":4111111111111111,"c":"x\\n4111 1111 1111 1111","joe\\u0040example.org":1,"d":12345678}';
  const rules = { matcher: new PathMatcher([]), patterns: ['email', 'card'] as const };
  const redacted = redactJson(text, rules);
  assert.equal(redacted.count, 4);
  assert.deepEqual(JSON.parse(redacted.text), {
    ...{ a: '[redacted:email]', b: '[redacted:card]', c: 'x\n[redacted:card]' },
    ...{ '[redacted:email]': 1, d: 12345678 },
  });
});

test('a key that is there twice is taken out twice; one written with escapes too', () => {
  const rules = { matcher: new PathMatcher(['$.key']), patterns: [] };
  const { text } = redactJson('{"key":"A1","\\u006bey":"A2","key":{"x":"A3"}}', rules);
  assert.doesNotMatch(text, /A\d/);
});

test('text that is nested too deeply is not kept where paths cannot be followed', () => {
  const deep = `${'{"b":'.repeat(2_000)}{"key":"SECRET1"}${'}'.repeat(2_000)}`;
  const rules = { matcher: new PathMatcher(['$..key']), patterns: [] };
  assert.doesNotMatch(redactJson(deep, rules).text, /SECRET1/);
});
