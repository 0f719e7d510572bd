/** From a change of an agent's state (its sender has been told) to the Overview that shows it. */
import { AGENT, type Dashboard } from '../../tests/browser/start-dashboard.ts';
import type { BenchContext } from '../bench.ts';
import { percentile } from '../statistics.ts';

const ROUNDS = 5;
const CHANGES = 10;
const PAUSE_MS = 700;
const MAX_P95_MS = 1_000;
const LONGEST_WAIT_MS = 20_000;

declare global {
  interface Window {
    /** When the page began to show the state that it shows; milliseconds since the epoch. */
    __shown?: { readonly paused: boolean; readonly sinceMs: number };
  }
}

export async function benchStateToScreen(context: BenchContext, the: Dashboard): Promise<void> {
  const p50: number[] = [];
  const p95: number[] = [];
  await the.inTab({ path: '/dashboard/' }, async ({ page }) => {
    const agents = page.getByRole('region', { name: 'Agents' });
    await agents.getByRole('row').filter({ hasText: AGENT }).first().waitFor();
    await page.evaluate(noteState, AGENT);
    for (let round = 0; round < ROUNDS; round++) {
      const latencies: number[] = [];
      for (let i = 0; i < CHANGES; i++) {
        context.signal.throwIfAborted();
        const paused = i % 2 === 0;
        await change(the, paused);
        const toldMs = performance.timeOrigin + performance.now();
        await page.waitForFunction((wanted) => window.__shown?.paused === wanted, paused, {
          timeout: LONGEST_WAIT_MS,
        });
        const sinceMs = await page.evaluate(() => window.__shown?.sinceMs ?? 0);
        latencies.push(Math.max(0, sinceMs - toldMs));
        await page.waitForTimeout(PAUSE_MS);
      }
      latencies.sort((a, b) => a - b);
      p50.push(percentile(latencies, 0.5));
      p95.push(percentile(latencies, 0.95));
    }
  });
  const note = `an agent paused and resumed, ${CHANGES} changes a round`;
  context.report({ name: 'dashboard.state_to_screen.p50', unit: 'ms', values: p50, note });
  context.report({
    ...{ name: 'dashboard.state_to_screen.p95', unit: 'ms', values: p95, note },
    target: { atMost: MAX_P95_MS },
  });
}

async function change(the: Dashboard, paused: boolean): Promise<void> {
  const path = `/v1/agents/${AGENT}/${paused ? 'pause' : 'resume'}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await the.fetch(path, { method: 'POST', headers, body: '{}' });
  await answer.text();
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
}

/** Runs in the page. */
function noteState(agent: string): void {
  const look = () => {
    const rows = [...document.querySelectorAll('main tr')].map((row) => row.textContent ?? '');
    const paused = rows.some((text) => text.includes(agent) && text.includes('paused'));
    if (window.__shown?.paused !== paused)
      window.__shown = { paused, sinceMs: performance.timeOrigin + performance.now() };
  };
  new MutationObserver(look).observe(document.body, {
    ...{ childList: true, subtree: true, characterData: true },
  });
  look();
}
