import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventResource } from '../../contracts/event.ts';
import { type RunNode, runResource } from '../../contracts/event-query.ts';
import { runTree } from './run-tree.ts';

const RUN = 'f'.repeat(32);

function span(number: number): string {
  return String(number).padStart(16, '0');
}

function event(seq: number, more: Partial<EventResource> = {}): EventResource {
  return {
    ...{ seq, id: `evt-${seq}`, recorded: '2026-01-01T00:00:00Z', workspace: 'default' },
    time: `2026-01-01T00:00:${String(seq % 60).padStart(2, '0')}Z`,
    actor: { type: 'human', id: 'p', name: 'p', auth: 'token' },
    ...{ kind: 'test.event', status: 'ok', run: RUN },
    ...more,
  };
}

function shape(nodes: readonly RunNode[]): unknown[] {
  return nodes.map(({ event: { seq }, children }) =>
    children.length === 0 ? seq : [seq, ...shape(children)],
  );
}

test('puts events below the span that caused them; orphans are roots', () => {
  const run = runTree(
    RUN,
    [
      event(3, { span: span(3), parent: span(1) }),
      event(1, { span: span(1), agent: 'a' }),
      event(2, { parent: span(3), agent: 'b' }),
      event(4, { parent: span(99), status: 'error' }),
      event(5),
    ],
    false,
  );
  assert.deepEqual(shape(run.roots), [[1, [3, 2]], 4, 5]);
  assert.deepEqual(run.agents, ['a', 'b']);
  assert.equal(run.errors, 1);
  assert.equal(run.status, 'ok');
  assert.deepEqual(runResource.parse(run), run);
});

test('breaks circles and bounds the depth without losing an event', () => {
  const circle = runTree(
    RUN,
    [
      event(1, { span: span(1), parent: span(2) }),
      event(2, { span: span(2), parent: span(1) }),
      event(3, { span: span(3), parent: span(3) }),
    ],
    false,
  );
  assert.deepEqual(shape(circle.roots), [[2, 1], 3]);
  const chain = Array.from({ length: 2_000 }, (_, i) =>
    event(i, { span: span(i + 1), parent: span(i), time: '2026-01-01T00:00:00Z' }),
  );
  const deep = runTree(RUN, chain, true);
  const count = (nodes: readonly RunNode[]): number =>
    nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
  assert.equal(count(deep.roots), 2_000);
  assert.doesNotThrow(() => JSON.stringify(deep));
  assert.equal(deep.truncated, true);
});

test('adds tokens, exact costs by currency, and the time it took', () => {
  const cost = (amount: string, currency = 'USD') => ({ cost: { amount, currency, prices: 'x' } });
  const run = runTree(
    RUN,
    [
      event(1, { ...cost('0.1'), tokens: { input: 2, output: 1 }, durationNs: 5_000_000_000 }),
      event(2, { ...cost('0.2'), tokens: { input: 3 }, durationNs: 1 }),
      event(3, cost('0.000000000000000001', 'EUR')),
    ],
    false,
  );
  assert.deepEqual(run.cost, [
    { amount: '0.000000000000000001', currency: 'EUR' },
    { amount: '0.3', currency: 'USD' },
  ]);
  assert.deepEqual(run.tokens, { input: 5, output: 1 });
  assert.equal(run.startedAt, '2026-01-01T00:00:01Z');
  assert.equal(run.endedAt, '2026-01-01T00:00:06Z');
  assert.equal(run.durationNs, 5_000_000_000);
  assert.equal(runTree(RUN, [event(1, { status: 'open' })], false).endedAt, null);
});
