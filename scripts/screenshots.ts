/**
 * The screenshots of the README and the guide: docs/images/dashboard-*.png, taken from a running
 * system that was called for a while.
 *
 *   npm run screenshots -- --minutes 5
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { sleep } from '../src/base/wait.ts';
import type { EventPage } from '../src/contracts/event-query.ts';
import { answerOrder, sayOrder } from '../tests/browser/hostile-agent.ts';
import { settled } from '../tests/browser/settled.ts';
import { smallPng } from '../tests/browser/small-png.ts';
import {
  chatOrder,
  type Dashboard,
  MODEL_KEY,
  startDashboard,
} from '../tests/browser/start-dashboard.ts';
import { MODEL_HOST } from '../tests/e2e/outside.ts';

const ROOT = join(import.meta.dirname, '..');
const TARGET = join(ROOT, 'docs', 'images');
const MAX_BYTES = 120_000;
/** Agents besides the example: small programs that ask a model. */
const OTHERS = ['invoice-reader', 'crm-sync'] as const;
const TICKETS = [
  'I was charged twice for my order. ada@example.com',
  'The API answers 503 since this morning',
  'How do I change the address on my invoice?',
  'Please cancel my subscription at the end of the month',
];

async function deployAll(the: Dashboard): Promise<void> {
  const example = join(ROOT, 'examples', 'support-desk', 'demo.yaml');
  await the.swarm.ok(['deploy', '--agent', example], { timeoutMs: 600_000 });
  await the.swarm.ok(['secrets', 'set', 'MODEL_API_KEY', '--host', MODEL_HOST], {
    input: `${MODEL_KEY}\n`,
  });
  for (const name of OTHERS) await the.deploy({ name });
  await the.swarm.ok(['scale', 'support-desk', '--replicas', '2']);
  const month = ['--agent', 'support-desk', '--per', 'month', '--money', '25'];
  await the.swarm.ok(['budgets', 'set', 'desk-month', ...month]);
  await the.swarm.ok(['budgets', 'set', 'all-day', '--per', 'day', '--money', '5']);
}

/** One round of what a working day brings: questions, a failure now and then, a refused host. */
async function round(the: Dashboard, number: number): Promise<void> {
  const post = (path: string, body: string) =>
    the.fetch(`/agents/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  // To its end: one that is broken off counts as an error.
  const drop = async (answer: Promise<Response>) => void (await (await answer).text());
  const ticket = TICKETS[number % TICKETS.length] ?? '';
  await drop(post('support-desk/', JSON.stringify({ ticket })));
  await drop(post('invoice-reader/ask', chatOrder(the.models, `Read invoice ${4_000 + number}`)));
  if (number % 3 === 0) await drop(post('crm-sync/ask', chatOrder(the.models, 'Who changed?')));
  if (number % 9 === 4) await drop(post('crm-sync/answer/sync', answerOrder({ status: 503 })));
  if (number % 12 === 6) {
    const url = 'http://tracker.example.net/collect';
    await drop(post('invoice-reader/ask', JSON.stringify({ url, method: 'GET' })));
  }
  const line = `\u001b[32minfo\u001b[0m invoice ${4_000 + number} read, 3 lines, \u001b[1m€ ${number * 7},40\u001b[0m`;
  await drop(post('invoice-reader/say', sayOrder([line])));
}

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly theme?: 'dark';
  readonly narrow?: true;
  readonly act?: (page: Page) => Promise<unknown>;
}

function shots(run: string, event: string): readonly Shot[] {
  return [
    { name: 'overview', path: '' },
    { name: 'overview-dark', path: '', theme: 'dark' },
    { name: 'overview-narrow', path: '', narrow: true },
    { name: 'agent', path: 'agents/support-desk' },
    { name: 'agent-narrow', path: 'agents/support-desk', narrow: true },
    { name: 'logs', path: 'agents/invoice-reader?tab=logs' },
    { name: 'calls', path: `calls?event=${event}` },
    { name: 'run', path: `runs/${run}` },
    { name: 'run-dark', path: `runs/${run}`, theme: 'dark' },
    { name: 'cost', path: 'cost' },
    {
      name: 'audit',
      path: `audit?event=${event}`,
      act: (page) => page.getByText(/This event is in the log/).waitFor(),
    },
  ];
}

async function take(the: Dashboard, shot: Shot): Promise<void> {
  const size = shot.narrow ? { width: 390, height: 844 } : { width: 1440, height: 900 };
  await the.inTab(
    { ...size, path: `/dashboard/${shot.path}`, ...(shot.theme && { theme: shot.theme }) },
    async ({ page }) => {
      await page.locator('h1').first().waitFor({ state: 'attached' });
      await settled(page);
      await shot.act?.(page);
      // Charts draw with the next figures, which come once a second.
      await sleep(1_500);
      const file = join(TARGET, `dashboard-${shot.name}.png`);
      await writeFile(file, smallPng(await page.screenshot()));
      const bytes = (await stat(file)).size;
      console.log(`${file}: ${Math.round(bytes / 1000)} KB`);
      if (bytes > MAX_BYTES) throw new Error(`${file} is too large: ${bytes} bytes`);
    },
  );
}

const at = process.argv.indexOf('--minutes');
const minutes = at < 0 ? 3 : Number(process.argv[at + 1]);
if (!(minutes > 0 && minutes <= 60)) throw new Error('--minutes is a number up to 60');
await mkdir(TARGET, { recursive: true });
const the = await startDashboard();
try {
  await deployAll(the);
  const end = Date.now() + minutes * 60_000;
  for (let number = 0; Date.now() < end; number++) {
    await round(the, number);
    await sleep(500 + ((number * 977) % 2_500));
  }
  const query = 'agent=support-desk&kind=egress.call&status=ok&limit=1';
  const { items } = await the.api<EventPage>('GET', `/v1/events?${query}`);
  const [event] = items;
  if (event?.run === undefined) throw new Error('the example called no model');
  for (const shot of shots(event.run, event.id)) await take(the, shot);
} finally {
  await the.close();
}
