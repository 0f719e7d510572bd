import assert from 'node:assert/strict';
import { test } from 'node:test';
import pc from 'picocolors';
import type { RunNode, RunResource } from '../../contracts/event-query.ts';
import { runHead, runRows } from './run-lines.ts';

const colors = pc.createColors(false);

function node(kind: string, children: readonly RunNode[] = []): RunNode {
  const time = '2026-01-01T00:00:01.500Z';
  return {
    event: {
      ...{ seq: 0, id: kind, time, recorded: time, workspace: 'default', kind, status: 'ok' },
      actor: { type: 'human', id: 'p', name: 'root', auth: 'token' },
    },
    children,
  };
}
function run(roots: readonly RunNode[]): RunResource {
  return {
    ...{ id: 'ab'.repeat(16), status: 'open', agents: [], startedAt: '2026-01-01T00:00:01.000Z' },
    ...{ endedAt: null, durationNs: null, events: 4, errors: 1, tokens: {}, cost: [] },
    ...{ truncated: true, roots: [...roots] },
  };
}

test('branches show what caused what', () => {
  const rows = runRows(
    run([node('a.a', [node('b.b', [node('c.c')]), node('d.d')]), node('e.e')]),
    colors,
  );
  assert.deepEqual(
    rows.map((row) => row.at(-1)?.replace(/ {2}by root$/, '')),
    ['├─ a.a', '│  ├─ b.b', '│  │  └─ c.c', '│  └─ d.d', '└─ e.e'],
  );
  assert.equal(rows[0]?.[0], '+500 ms');
});

test('a run that is open has no end; one that is too long says so', () => {
  const head = runHead(run([]), colors);
  assert.match(head.join('\n'), /open\n.*, 4 events, 1 error; agents: none\nIt has more events/);
});

test('a run nested without end neither fails nor grows its lines without end', () => {
  let deepest = node('a.a');
  for (let i = 0; i < 20_000; i++) deepest = node('a.a', [deepest]);
  const rows = runRows(run([deepest]), colors);
  assert.equal(rows.length, 20_001);
  assert.ok(rows.every((row) => (row.at(-1)?.length ?? 0) < 100));
});
