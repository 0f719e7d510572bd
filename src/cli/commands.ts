import type { Command } from 'commander';
import type { CommandBuilder } from './session.ts';

export type MakeCommand = (build: CommandBuilder) => Command;

export interface CommandEntry {
  readonly name: string;
  readonly group: string;
  /** Loaded only when the command is run or described: the others cost nothing at start. */
  readonly load: () => Promise<MakeCommand>;
}

const SERVER = 'Server:';
const AGENTS = 'Agents:';
const LOOK = 'Looking:';
const AUDIT = 'Audit:';
const COSTS = 'Costs:';
const OTHER = 'Other:';

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'demo', group: SERVER, load: async () => (await import('./commands/demo.ts')).demo },
  { name: 'up', group: SERVER, load: async () => (await import('./commands/up.ts')).up },
  { name: 'down', group: SERVER, load: async () => (await import('./commands/down.ts')).down },
  {
    name: 'dashboard',
    group: SERVER,
    load: async () => (await import('./commands/dashboard.ts')).dashboard,
  },
  {
    name: 'sessions',
    group: SERVER,
    load: async () => (await import('./commands/sessions.ts')).sessions,
  },
  {
    name: 'doctor',
    group: SERVER,
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  { name: 'init', group: AGENTS, load: async () => (await import('./commands/init.ts')).init },
  {
    name: 'deploy',
    group: AGENTS,
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'invoke',
    group: AGENTS,
    load: async () => (await import('./commands/invoke.ts')).invoke,
  },
  { name: 'exec', group: AGENTS, load: async () => (await import('./commands/exec.ts')).exec },
  { name: 'scale', group: AGENTS, load: async () => (await import('./commands/scale.ts')).scale },
  {
    name: 'restart',
    group: AGENTS,
    load: async () => (await import('./commands/restart.ts')).restart,
  },
  {
    name: 'rollback',
    group: AGENTS,
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
  {
    name: 'delete',
    group: AGENTS,
    load: async () => (await import('./commands/delete.ts')).remove,
  },
  {
    name: 'secrets',
    group: AGENTS,
    load: async () => (await import('./commands/secrets.ts')).secrets,
  },
  {
    name: 'egress',
    group: AGENTS,
    load: async () => (await import('./commands/egress.ts')).egress,
  },
  { name: 'agents', group: LOOK, load: async () => (await import('./commands/agents.ts')).agents },
  { name: 'status', group: LOOK, load: async () => (await import('./commands/status.ts')).status },
  { name: 'top', group: LOOK, load: async () => (await import('./commands/top.ts')).top },
  {
    name: 'deployments',
    group: LOOK,
    load: async () => (await import('./commands/deployments.ts')).deployments,
  },
  {
    name: 'revisions',
    group: LOOK,
    load: async () => (await import('./commands/revisions.ts')).revisions,
  },
  { name: 'logs', group: AUDIT, load: async () => (await import('./commands/logs.ts')).logs },
  { name: 'event', group: AUDIT, load: async () => (await import('./commands/event.ts')).event },
  { name: 'run', group: AUDIT, load: async () => (await import('./commands/run.ts')).run },
  { name: 'audit', group: AUDIT, load: async () => (await import('./commands/audit.ts')).audit },
  { name: 'cost', group: COSTS, load: async () => (await import('./commands/cost.ts')).cost },
  {
    name: 'budgets',
    group: COSTS,
    load: async () => (await import('./commands/budgets.ts')).budgets,
  },
  {
    name: 'prices',
    group: COSTS,
    load: async () => (await import('./commands/prices.ts')).prices,
  },
  {
    name: 'completion',
    group: OTHER,
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'version',
    group: OTHER,
    load: async () => (await import('./commands/version.ts')).version,
  },
  { name: 'dev', group: OTHER, load: async () => (await import('./commands/dev.ts')).dev },
];
