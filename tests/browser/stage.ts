/**
 * One dashboard with one real machine for all files of this folder: they share a process
 * (`--test-isolation=none`), and what comes first starts it.
 */
import { after } from 'node:test';
import { type Dashboard, deployHostile, startDashboard } from './start-dashboard.ts';

export { AGENT, chatOrder } from './start-dashboard.ts';
export type Stage = Dashboard;

let started: Promise<Stage> | undefined;
let toClose: Stage | undefined;

after(async () => {
  await started?.catch(() => undefined);
  await toClose?.close();
});

/** The stage, started when it is first asked for, and closed when all tests have run. */
export function stage(): Promise<Stage> {
  started ??= start();
  return started;
}

async function start(): Promise<Stage> {
  toClose = await startDashboard();
  await deployHostile(toClose);
  return toClose;
}
