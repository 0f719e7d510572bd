/** Costs on a real database, with a log in memory and a clock that stands still, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import { budgetBody } from '../contracts/cost.ts';
import type {
  MeteredRequest,
  MeteredUsage,
  Reservation,
  SpendRefusal,
} from '../contracts/egress.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import { createStore, type Store } from '../store/store.ts';
import { type Cost, openCost, type WorkspaceCost } from './cost.ts';
import { MemoryCostLog } from './memory-cost-log.ts';

export interface CostStage {
  readonly clock: { ms: number; nowMs(): number };
  readonly log: MemoryCostLog;
  readonly store: Store;
  readonly cost: Cost;
  readonly workspace: WorkspaceCost;
  readonly pausedAgents: string[];
  perMinute: number | undefined;
  /** No transaction is carried out. */
  diskFull: boolean;
  reserve(call?: CallOptions): Reservation | SpendRefusal;
  /** Begins, settles and completes as the proxy does. @returns the refusal's code, or the cost */
  call(call?: CallOptions & { usage?: MeteredUsage }): Promise<string | undefined>;
  budget(body: Parameters<typeof budgetBody.parse>[0]): Promise<void>;
  prices(file: object, name?: string): Promise<void>;
  /** As after a crash: nothing that was not stored is stored. */
  crash(): Promise<void>;
  /** All that is in the log is in the sums. */
  settled(): Promise<void>;
}

export interface CallOptions {
  readonly agent?: string;
  readonly run?: string;
  readonly host?: string;
  readonly request?: Partial<MeteredRequest>;
}

export const BY = { actor: serviceEventActor('test') };
const CALL = 'egress.call' as EventKind;

export function requestOf(request: Partial<MeteredRequest> = {}): MeteredRequest {
  return {
    ...{ provider: 'openai', operation: 'chat', model: 'gpt-4o' },
    ...{ mostInputTokens: 1_000, mostOutputTokens: 100 },
    ...request,
  };
}

export async function openCostStage(t: { after(work: () => Promise<void>): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-cost-'));
  const store = await createStore({ path: join(folder, 'swarm.db'), log: silentLogger });
  const clock = { ms: Date.parse('2026-03-10T12:00:00Z'), nowMs: () => clock.ms };
  const log = new MemoryCostLog(clock);
  const pausedAgents: string[] = [];
  const processes: { alive: boolean; cost?: Cost }[] = [];
  /** Of a process that has crashed, nothing reaches the database any more. */
  const storeOf = (process: { alive: boolean }): Store => ({
    ...store,
    transaction: async (work) => {
      if (!process.alive) throw new Error('this process has crashed');
      if (stage.diskFull) throw new Error('the disk is full');
      return store.transaction(work);
    },
  });
  const open = async () => {
    const process: (typeof processes)[number] = { alive: true };
    processes.push(process);
    process.cost = await openCost({
      ...{ store: storeOf(process), clock, log: silentLogger, costLog: log },
      trailOf: () => log,
      callsPerMinute: () => stage.perMinute,
      onPaused: ({ agent }) => pausedAgents.push(agent),
    });
    return process.cost;
  };
  let cost = await open();
  const stage: CostStage = {
    ...{ clock, log, store, pausedAgents },
    perMinute: undefined,
    diskFull: false,
    get cost() {
      return cost;
    },
    get workspace() {
      return cost.of(DEFAULT_WORKSPACE);
    },
    reserve: ({ agent = 'desk', run, host = 'api.openai.com', request } = {}) =>
      cost.spending.reserve({
        caller: {
          ...{ workspaceId: DEFAULT_WORKSPACE, agent, revision: 1, replica: 0 },
          machineId: `mch_${agent}`,
        },
        ...{ run, host, request: requestOf(request) },
      }),
    async call({ usage, ...call } = {}) {
      const reservation = stage.reserve(call);
      if ('code' in reservation) return reservation.code;
      const { agent = 'desk', run, request } = call;
      const { provider, model, tool } = requestOf(request);
      const event = await log.begin({
        ...{ kind: CALL, actor: serviceEventActor('egress'), agent, provider },
        ...(model !== undefined && { model }),
        ...(tool !== undefined && { tool }),
        ...(run !== undefined && { run }),
      });
      const settled = reservation.settle(usage);
      const attributes = {
        ...(settled.unpriced && { unpriced: true }),
        ...(usage?.missing && { usageMissing: true }),
      };
      await event.complete({
        ...{ status: 'ok', attributes },
        ...(usage?.tokens && { tokens: usage.tokens }),
        ...(settled.cost && { cost: settled.cost }),
      });
      return settled.cost?.amount;
    },
    async budget(body) {
      await cost.of(DEFAULT_WORKSPACE).budgets.set(budgetBody.parse(body), BY);
    },
    async prices(file, name = 'own') {
      const text = JSON.stringify(file);
      await cost.of(DEFAULT_WORKSPACE).prices.import({ name, format: 'swarm', text }, BY);
    },
    async crash() {
      for (const process of processes) process.alive = false;
      cost = await open();
      await stage.settled();
    },
    async settled() {
      const complete = async () => (await stage.workspace.report({ by: 'day' })).complete;
      if (!(await waitUntil(complete, { timeoutMs: 10_000, intervalMs: 5 })))
        throw new Error('costs are not complete');
      // What is in the log by now is read before this is over: the log is in memory.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  t.after(async () => {
    for (const { alive, cost: one } of processes)
      await one?.close().catch((error: unknown) => {
        if (alive) throw error;
      });
    await store.close();
    rmSync(folder, { recursive: true });
  });
  await stage.settled();
  return stage;
}
