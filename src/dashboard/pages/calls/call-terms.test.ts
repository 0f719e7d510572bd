import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventTermsQuery } from '../../../contracts/event-query.ts';
import {
  askedTerms,
  CALL_KINDS,
  isShown,
  liveTerms,
  TERMS,
  termsOf,
  withoutWord,
  withWord,
} from './call-terms.ts';
import { shellWord } from './shell-word.ts';
import { exportCommand, logsCommand } from './term-commands.ts';

test('the terms are those of the API, all of them', () => {
  assert.deepEqual([...TERMS].sort(), Object.keys(eventTermsQuery.shape).sort());
});

test('without a kind, calls are asked for; with `all`, everything', () => {
  assert.ok(eventTermsQuery.safeParse(askedTerms({ agent: 'desk' })).success);
  assert.deepEqual(askedTerms({ agent: 'desk' }), { agent: 'desk', kind: CALL_KINDS });
  assert.deepEqual(askedTerms({ agent: 'desk', kind: 'all' }), { agent: 'desk' });
  assert.deepEqual(askedTerms({ kind: 'otel.span' }), { kind: 'otel.span' });
});

test('of the address only terms are taken', () => {
  assert.deepEqual(termsOf({ agent: 'desk', event: 'evt_1', view: 'x', text: ' ' }), {
    agent: 'desk',
  });
});

test('who looks at what is open is told when it ends', () => {
  assert.equal(liveTerms({ status: 'open,error' }).status, undefined);
  assert.equal(liveTerms({ status: 'error' }).status, 'error');
  assert.equal(isShown({ status: 'open,error' }, 'ok'), false);
  assert.equal(isShown({}, 'ok'), true);
});

test('words are added once, and taken away one by one', () => {
  const two = withWord(withWord(withWord({}, 'agent', 'a'), 'agent', 'b'), 'agent', 'a');
  assert.deepEqual(two, { agent: 'a,b' });
  assert.deepEqual(withoutWord(two, 'agent', 'a'), { agent: 'b' });
  assert.deepEqual(withoutWord({ agent: 'b', since: '2h' }, 'agent', 'b'), { since: '2h' });
  assert.deepEqual(withoutWord({ since: '2h' }, 'since', '2h'), {});
});

test('the commands say the same', () => {
  const terms = { agent: 'desk', kind: 'all', minCost: '0.5', text: 'refund "not found"' };
  assert.equal(
    logsCommand(terms),
    `swarm logs --agent desk --min-cost 0.5 --text 'refund "not found"'`,
  );
  assert.equal(
    exportCommand({ kind: 'egress.*' }, 'csv'),
    `swarm audit export --to export --format csv --kind 'egress.*'`,
  );
});

test('a shell gives every word back as it was, and nothing of it is hidden', {
  timeout: 60_000,
}, () => {
  const word = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .filter((text) => !text.includes('\0') && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(word, { minLength: 20, maxLength: 20 }), (words) => {
      const shown = words.map(shellWord);
      assert.ok(shown.every((text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)));
      const script = `printf '%s\\0' ${shown.join(' ')}`;
      const { stdout } = spawnSync('bash', ['-c', script], {
        env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH },
        timeout: 10_000,
      });
      assert.deepEqual(stdout.toString('utf8').split('\0').slice(0, -1), words);
    }),
    { numRuns: 20 },
  );
});
