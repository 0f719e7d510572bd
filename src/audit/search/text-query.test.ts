import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldText, tokensOf, withoutJsonEscapes } from './fold-text.ts';
import { createWordsTable } from './index-schema.ts';
import { ftsTermsOf, matchesText, parseTextQuery } from './text-query.ts';

test('reads words, quoted words, beginnings and signs', () => {
  assert.deepEqual(parseTextQuery('Hello "big  World" pre* gpt-4o'), [
    { tokens: ['hello'], prefix: false },
    { tokens: ['big', 'world'], prefix: false },
    { tokens: ['pre'], prefix: true },
    { tokens: ['gpt', '4o'], prefix: false },
  ]);
  assert.deepEqual(parseTextQuery('"never closed'), [
    { tokens: ['never', 'closed'], prefix: false },
  ]);
  for (const nothing of ['', '***', '"', '""', '…', ' \u0080\u0081 '])
    assert.throws(() => parseTextQuery(nothing), { code: 'event_query_invalid' });
});

test('folds accents, case and scripts without spaces', () => {
  assert.deepEqual(tokensOf(foldText('Größe CAFÉ Ⅳ „x“')), ['große', 'cafe', 'iv', 'x']);
  assert.deepEqual(tokensOf(foldText('東京タワー')).slice(0, 2), ['東', '京']);
  assert.equal(withoutJsonEscapes('a\\nb \\u00e9'), 'a b é');
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .array(fc.constantFrom('a', 'B', 'é', ' ', '-', '漢', 'ß', '\u0080', '\ud800', '_', '9', '"'), {
      maxLength: 30,
    })
    .map((parts) => parts.join('')),
);

test('FTS5 splits folded text into the same words as we do', () => {
  using db = new DatabaseSync(':memory:');
  createWordsTable(db, 'test_words');
  db.exec("CREATE VIRTUAL TABLE terms USING fts5vocab('test_words', 'row')");
  fc.assert(
    fc.property(anyText, (text) => {
      db.exec('BEGIN');
      try {
        db.prepare('INSERT INTO test_words (rowid, words) VALUES (1, ?)').run(foldText(text));
        const terms = db.prepare('SELECT term FROM terms ORDER BY term').all();
        const expected = [...new Set(tokensOf(foldText(text)))];
        assert.deepEqual(new Set(terms.map(({ term }) => term)), new Set(expected));
      } finally {
        db.exec('ROLLBACK');
      }
    }),
    { numRuns: 300 },
  );
});

test('any text finds itself, in FTS5 and by its words', () => {
  using db = new DatabaseSync(':memory:');
  createWordsTable(db, 'test_words');
  const add = db.prepare('INSERT INTO test_words (rowid, words) VALUES (?, ?)');
  const find = db.prepare(
    'SELECT rowid FROM test_words WHERE test_words MATCH ? AND rowid = CAST(? AS INTEGER)',
  );
  let rowid = 0;
  fc.assert(
    fc.property(anyText, (text) => {
      const folded = foldText(text);
      fc.pre(tokensOf(folded).length > 0);
      const query = parseTextQuery(text);
      rowid++;
      add.run(rowid, folded);
      assert.equal(find.all(ftsTermsOf(query).join(' AND '), rowid).length, 1);
      assert.equal(matchesText(query, [folded]), true);
    }),
    { numRuns: 300 },
  );
});
