/** Scrolling through very many calls: the longest that the page's thread is busy without a break. */
import type { Browser, Page } from 'playwright-core';
import type { Dashboard } from '../../tests/browser/start-dashboard.ts';
import type { BenchContext } from '../bench.ts';
import { percentile } from '../statistics.ts';
import { sendEvents } from './send-events.ts';

const ROUNDS = 3;
const STEPS = 150;
const MAX_FRAME_MS = 50;
const LOAD_MS = 180_000;

export async function benchScroll(
  context: BenchContext,
  { the, events }: { the: Dashboard; events: number },
): Promise<void> {
  context.say(`${events} events are sent`);
  await sendEvents(the, { prefix: 'scroll', count: events });
  const path = '/dashboard/calls?kind=program.ticket_answered';
  await the.inTab({ path }, async ({ page }) => {
    await page.getByRole('row').nth(1).waitFor();
    const rows = await loadAll(context, { page, events });
    const longest: number[] = [];
    const p99: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const height = await toTop(page);
      const tasks = await traced(the.browser, page, () => scroll(page, height));
      longest.push(percentile(tasks, 1));
      p99.push(percentile(tasks, 0.99));
    }
    const note = `${rows} rows, ${STEPS} turns of the wheel from one end to the other`;
    context.report({
      ...{ name: 'dashboard.scroll.longest_task', unit: 'ms', values: longest, note },
      target: { atMost: MAX_FRAME_MS },
    });
    context.report({ name: 'dashboard.scroll.p99_task', unit: 'ms', values: p99, note });
  });
}

/** Goes to the end until there is no more to load. @returns rows that the table has */
async function loadAll(
  context: BenchContext,
  { page, events }: { page: Page; events: number },
): Promise<number> {
  const count = () =>
    page.evaluate(() => Number(document.querySelector('[role=table]')?.ariaRowCount) - 1);
  const end = performance.now() + LOAD_MS;
  let rows = await count();
  while (rows < events && performance.now() < end) {
    context.signal.throwIfAborted();
    await page.evaluate(() => {
      // The last group of rows is the one that scrolls; the first has the headings.
      const scroller = [...document.querySelectorAll('[role=rowgroup]')].at(-1)?.parentElement;
      scroller?.scrollTo(0, scroller.scrollHeight);
    });
    await page.waitForTimeout(30);
    rows = await count();
  }
  context.say(`${rows} rows are in the table`);
  return rows;
}

/** To the first row. @returns height of all rows, in pixels */
async function toTop(page: Page): Promise<number> {
  const box = await page.getByRole('row').nth(2).boundingBox();
  await page.mouse.move((box?.x ?? 400) + 20, 500);
  const height = await page.evaluate(() => {
    const scroller = [...document.querySelectorAll('[role=rowgroup]')].at(-1)?.parentElement;
    scroller?.scrollTo(0, 0);
    return scroller?.scrollHeight ?? 0;
  });
  await page.waitForTimeout(1_000);
  return height;
}

async function scroll(page: Page, height: number): Promise<void> {
  for (let i = 0; i < STEPS; i++) {
    await page.mouse.wheel(0, height / STEPS);
    await page.waitForTimeout(30);
  }
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly dur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly frame?: string } };
}

/** Durations of all tasks of the page's main thread, in milliseconds, shortest first. */
async function traced(
  browser: Browser,
  page: Page,
  act: () => Promise<void>,
): Promise<Float64Array> {
  const categories = ['disabled-by-default-devtools.timeline', 'toplevel', '__metadata'];
  await browser.startTracing(page, { categories });
  let text: string;
  try {
    await act();
  } finally {
    text = (await browser.stopTracing()).toString('utf8');
  }
  const { traceEvents } = JSON.parse(text) as { traceEvents: TraceEvent[] };
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && /RunTask$/.test(name) && mains.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error('the trace has no tasks');
  return Float64Array.from(tasks, ({ dur = 0 }) => dur / 1_000).sort();
}
