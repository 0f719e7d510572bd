/**
 * The dashboard in a real browser, on a real swarmd with one machine: `--only` with some of
 * page,row,state,memory,scroll,tabs; `--events N` to scroll through (default 100,000), `--tabs N`
 * (default 200).
 */
import { AGENT, deployHostile, startDashboard } from '../../tests/browser/start-dashboard.ts';
import type { BenchContext } from '../bench.ts';
import { benchFirstPage } from './first-page.ts';
import { benchMemory } from './page-memory.ts';
import { benchScroll } from './scroll-calls.ts';
import { benchStateToScreen } from './state-to-screen.ts';
import { benchTabs } from './tabs.ts';
import { benchWriteToRow } from './write-to-row.ts';

const PARTS = ['page', 'row', 'state', 'memory', 'scroll', 'tabs'] as const;
type Part = (typeof PARTS)[number];

export async function run(context: BenchContext): Promise<void> {
  const parts = chosen(context.option('only'));
  const events = number(context, { key: 'events', usual: 100_000, most: 1_000_000 });
  const tabs = number(context, { key: 'tabs', usual: 200, most: 1_000 });
  const the = await startDashboard();
  try {
    await deployHostile(the);
    for (let i = 0; i < 20; i++) await the.call('/', '{}');
    context.say(`swarmd at ${the.url} with ${AGENT}`);
    if (parts.has('page')) await benchFirstPage(context, the);
    if (parts.has('row')) await benchWriteToRow(context, the);
    if (parts.has('state')) await benchStateToScreen(context, the);
    if (parts.has('tabs')) await benchTabs(context, { the, tabs });
    if (parts.has('memory')) await benchMemory(context, the);
    if (parts.has('scroll')) await benchScroll(context, { the, events });
  } finally {
    await the.close();
  }
}

function chosen(only: string | undefined): ReadonlySet<Part> {
  const asked = (only ?? PARTS.join(',')).split(',');
  const unknown = asked.filter((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown.length > 0)
    throw new Error(`--only takes ${PARTS.join(', ')}; not ${unknown.join(', ')}`);
  return new Set(asked as Part[]);
}

function number(
  context: BenchContext,
  { key, usual, most }: { key: string; usual: number; most: number },
): number {
  const value = Number(context.option(key) ?? usual);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`--${key} is a number from 1 to ${most}`);
  return value;
}
