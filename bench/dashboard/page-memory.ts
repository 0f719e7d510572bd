/** What pages keep of an hour's worth of updates that come within a minute. */
import type { CDPSession, Page } from 'playwright-core';
import type { Dashboard } from '../../tests/browser/start-dashboard.ts';
import type { BenchContext } from '../bench.ts';
import { sendEvents } from './send-events.ts';

/** One a second, for an hour. */
const UPDATES = 3_600;
const MINUTE_MS = 60_000;
const STEPS = 120;
const MAX_GROWTH_MB = 1;
const PAGES = [
  ['overview', '/dashboard/'],
  ['calls', '/dashboard/calls?kind=all'],
] as const;

export async function benchMemory(context: BenchContext, the: Dashboard): Promise<void> {
  const before: Record<string, number> = {};
  await the.inTab({ path: PAGES[0][1] }, async ({ page, context: browser }) => {
    const second = await browser.newPage();
    await second.goto(the.url + PAGES[1][1]);
    const open: [string, Page, CDPSession][] = [];
    for (const [i, one] of [page, second].entries())
      open.push([PAGES[i]?.[0] ?? '', one, await browser.newCDPSession(one)]);
    // What is loaded and kept once: an hour before the hour that counts.
    await hour(context, { the, prefix: 'warm' });
    for (const [name, , protocol] of open) before[name] = await heapMb(protocol);
    await hour(context, { the, prefix: 'hour' });
    for (const [name, one, protocol] of open) {
      const after = await heapMb(protocol);
      const nodes = await one.evaluate(() => document.querySelectorAll('*').length);
      const note = `${UPDATES} events in a minute; ${nodes} elements afterwards`;
      const unit = { unit: 'MB' as const, note };
      context.report({ name: `dashboard.memory.${name}`, ...unit, values: [after] });
      context.report({
        ...{ name: `dashboard.memory.${name}.growth`, ...unit, target: { atMost: MAX_GROWTH_MB } },
        values: [after - (before[name] ?? Number.NaN)],
      });
    }
  });
}

async function hour(
  context: BenchContext,
  { the, prefix }: { the: Dashboard; prefix: string },
): Promise<void> {
  context.say(`${UPDATES} events within a minute (${prefix})`);
  const startMs = performance.now();
  for (let step = 0; step < STEPS; step++) {
    context.signal.throwIfAborted();
    await sendEvents(the, { prefix: `${prefix}-${step}`, count: UPDATES / STEPS });
    const dueMs = startMs + ((step + 1) * MINUTE_MS) / STEPS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
  }
  // The last figures come within a second.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}

/** Of scripts, after everything that nobody holds is collected. */
async function heapMb(protocol: CDPSession): Promise<number> {
  for (let i = 0; i < 3; i++) await protocol.send('HeapProfiler.collectGarbage');
  const { usedSize } = await protocol.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}
