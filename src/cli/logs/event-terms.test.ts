import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventTermsQuery } from '../../contracts/event-query.ts';
import { addTermOptions, termsQuery, whenText } from './event-terms.ts';

test('durations stay, times become UTC, and keep their nanoseconds', () => {
  for (const text of ['10m', '2h', '7d', '1h30m']) assert.equal(whenText(text), text);
  assert.equal(whenText('2026-01-31T12:00:00Z'), '2026-01-31T12:00:00.000Z');
  assert.equal(whenText('2026-01-31T12:00:00.123456789Z'), '2026-01-31T12:00:00.123456789Z');
  assert.equal(whenText('2026-01-31T12:00+02:00'), '2026-01-31T10:00:00.000Z');
  const local = (text: string) => new Date(text).toISOString();
  assert.equal(whenText('2026-01-31 12:00'), local('2026-01-31T12:00:00'));
  assert.equal(whenText('2026-01-31'), local('2026-01-31T00:00:00'));
});

test('what is no time is refused, whatever it is', () => {
  for (const text of ['', 'tuesday', '2026-13-01', '2026-01-31 25:00', '10', '-1h', '12:00'])
    assert.throws(() => whenText(text), /duration such as 10m/, text);
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (text) => {
      try {
        assert.ok(eventTermsQuery.safeParse({ since: whenText(text) }).success);
      } catch (error) {
        assert.match(String(error), /It must be a duration/);
      }
    }),
  );
});

test('every term becomes one that the API takes', () => {
  const query = termsQuery({
    ...{ agent: ['a', 'b'], tool: ['t'], kind: ['gateway.*'], status: ['ok', 'error'] },
    ...{ actor: ['root'], provider: ['p'], model: ['m'], machine: ['x'], run: 'ab'.repeat(16) },
    ...{ since: '1h', until: '2026-01-31T12:00:00.000Z', text: 'x', minCost: '0.1' },
  });
  const parsed = eventTermsQuery.parse(query);
  assert.deepEqual(parsed.agent, ['a', 'b']);
  assert.equal(Object.keys(parsed).length, 13);
});

test('a kind that cannot be is refused before it is sent', async () => {
  const { Command } = await import('commander');
  const kinds = (text: string) => {
    const command = addTermOptions(new Command())
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    command.parse(['--kind', text], { from: 'user' });
    return termsQuery(command.opts()).kind;
  };
  assert.equal(kinds('gateway.call,audit.*'), 'gateway.call,audit.*');
  assert.deepEqual(eventTermsQuery.parse({ kind: kinds('egress.policy.*') }).kind, [
    'egress.policy.*',
  ]);
  for (const text of ['call', 'gateway.', '*', 'gateway.*.x', 'Gateway.call'])
    assert.throws(() => kinds(text), /must be a kind such as gateway\.call/, text);
});
