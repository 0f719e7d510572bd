/** Killed at any moment, swarmd's sums are exactly those of its audit log when it is back. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Big from 'big.js';
import { type Audit, openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { budgetBody } from '../../src/contracts/cost.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import { openCost } from '../../src/cost/cost.ts';
import { createStore } from '../../src/store/store.ts';

const PROGRAM = join(import.meta.dirname, 'fixtures', 'cost-caller.ts');
const log = silentLogger;
const clock = systemClock;

test('sums and budgets after SIGKILL', { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-cost-crash-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const calls of [1, 60, 200]) {
    await callUntilKilled(folder, calls);
    await check(folder);
  }
});

/** @returns once so many calls were durable and the process is gone */
async function callUntilKilled(folder: string, calls: number): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const enough = () => output.length >= calls * 'call\n'.length || child.exitCode !== null;
    assert.ok(await waitUntil(enough, { timeoutMs: 60_000, intervalMs: 5 }));
    assert.equal(child.exitCode, null, 'it ran until it was killed');
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function check(folder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const store = await createStore({ path: join(folder, 'swarm.db'), log });
  undo.defer(() => store.close());
  const audit = await openAudit({ dir: join(folder, 'audit'), store, log, clock });
  undo.defer(() => audit.close());
  const trailOf = (workspaceId: string) => audit.trail(workspaceId);
  const cost = await openCost({ store, log, clock, costLog: audit.search, trailOf });
  undo.defer(() => cost.close());
  const workspace = cost.of(DEFAULT_WORKSPACE);
  assert.ok(await waitUntil(() => nothingIsOpen(audit), { timeoutMs: 60_000 }));
  const report = await waitUntil(
    async () => {
      const found = await workspace.report({ by: 'agent' });
      return found.complete ? found : undefined;
    },
    { timeoutMs: 30_000 },
  );
  const calls = await allCalls(audit);
  const amount = calls.reduce((sum, one) => sum.plus(one.cost?.amount ?? 0), new Big(0)).toFixed();
  const input = calls.reduce((sum, { tokens }) => sum + (tokens?.input ?? 0), 0);
  assert.ok(calls.length > 0);
  assert.deepEqual(
    [report?.totals.calls, report?.totals.amount, report?.totals.tokens.input],
    [calls.length, amount, input],
  );
  const by = { actor: serviceEventActor('test') };
  const body = budgetBody.parse({ name: 'all', period: 'month', limit: { money: '1000' } });
  const budget = await workspace.budgets.set(body, by);
  assert.equal(budget.now?.spent, amount, 'and so does the budget of a month know it');
}

/** What the killed process had begun gets its end after the start: until then the sums grow. */
async function nothingIsOpen(audit: Audit): Promise<boolean> {
  const { indexed, size } = await audit.status(DEFAULT_WORKSPACE);
  if (indexed < size) return false;
  const terms = { kind: ['egress.call'], status: ['open' as const] };
  const open = await audit.search.list(DEFAULT_WORKSPACE, terms, { limit: 1 });
  return open.items.length === 0;
}

async function allCalls(audit: Audit): Promise<readonly EventResource[]> {
  const calls: EventResource[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await audit.search.list(
      DEFAULT_WORKSPACE,
      { kind: ['egress.call'], status: ['ok', 'error', 'unknown'] },
      { limit: 1_000, order: 'asc', ...(cursor && { cursor }) },
    );
    calls.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return calls;
}
