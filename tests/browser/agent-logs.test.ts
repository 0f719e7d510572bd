/** The log of an agent on its page: followed, searched, filtered, and left where the reader is. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Locator, Page, Request } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import { setVisibility } from './set-visibility.ts';
import { AGENT, type Stage, stage } from './stage.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const LOGS = `/dashboard/agents/${AGENT}?tab=logs`;
const ESC = '\u001b';

async function say(stream: 'stdout' | 'stderr', lines: readonly string[]): Promise<void> {
  const encoded = lines.map((line) => Buffer.from(line).toString('base64'));
  await the.call('/say', JSON.stringify({ stream, lines: encoded }));
}

/** Where a list stands once it scrolls no more: the wheel's own movement takes its time. */
async function restingTop(log: Locator): Promise<number> {
  let last = -1;
  const top = await waitUntil(
    async () => {
      const before = last;
      last = await log.evaluate((element) => element.scrollTop);
      return last === before && { at: last };
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  );
  assert.ok(top, 'the list comes to rest');
  return top.at;
}

test('a line is there as it is printed, in its colour and without its sequences', async () => {
  await the.inTab({ path: LOGS }, async ({ page }) => {
    await page.getByText('live', { exact: true }).waitFor();
    await say('stdout', [
      `${ESC}[31mred-as-told${ESC}[0m ${ESC}]8;;https://x.test${ESC}\\linked${ESC}]8;;${ESC}\\`,
    ]);
    const log = page.getByRole('log');
    await log.getByText('red-as-told').waitFor();
    const look = await log.getByText('red-as-told').getAttribute('class');
    assert.match(look ?? '', /text-bad/);
    await log.getByText('linked').waitFor();
    assert.equal(await log.locator('a').count(), 0);
  });
});

test('what is searched is marked, and filters are in the address', async () => {
  await say('stdout', ['needle-4711 in stdout', 'hay in stdout']);
  await say('stderr', ['needle-4711 in stderr']);
  await the.inTab({ path: LOGS }, async ({ page }) => {
    const log = page.getByRole('log');
    await page.getByRole('searchbox', { name: 'Search the log' }).fill('NEEDLE-4711');
    await page.getByText('2 lines', { exact: true }).waitFor();
    await page.getByRole('switch', { name: 'only these' }).click();
    await log.locator('mark', { hasText: 'needle-4711' }).nth(1).waitFor();
    assert.equal(await log.getByText('hay in stdout').count(), 0);
    await page.getByRole('combobox', { name: 'Stream' }).selectOption('stderr');
    await page.getByText('1 line', { exact: true }).waitFor();
    await page.reload();
    await log.locator('mark').waitFor();
    assert.match(page.url(), /find=NEEDLE-4711/);
    assert.match(page.url(), /stream=stderr/);
  });
});

test('a reader who scrolls up stays there while more comes, and follows again', async () => {
  await say(
    'stdout',
    Array.from({ length: 300 }, (_, i) => `row-${i}`),
  );
  await the.inTab({ path: LOGS }, async ({ page }) => {
    const log = page.getByRole('log');
    await log.getByText('row-299', { exact: true }).waitFor();
    await log.hover();
    await page.mouse.wheel(0, -1_500);
    await page.getByRole('button', { name: 'Follow' }).waitFor();
    const top = await restingTop(log);
    await say('stdout', ['came-meanwhile']);
    const count = page.getByText(/^[\d,]+ lines/);
    const before = (await count.textContent()) ?? '';
    await say('stderr', ['came-meanwhile-too']);
    await count.filter({ hasNotText: before }).waitFor();
    assert.equal(await log.evaluate((element) => element.scrollTop), top);
    await page.getByRole('button', { name: 'Follow' }).click();
    await log.getByText('came-meanwhile-too', { exact: true }).waitFor();
  });
});

/** Requests of a page that have begun and not ended, of those that stay open. */
function openStreams(page: Page): () => URL[] {
  const open = new Set<Request>();
  page.on('request', (request) => {
    if (STREAMS.test(new URL(request.url()).pathname)) open.add(request);
  });
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  return () => [...open].map((request) => new URL(request.url()));
}
const STREAMS = /^\/v1\/(live|watch|events\/watch|agents\/[^/]+\/logs|deployments\/[^/]+\/events)$/;

/** Waits until one stream is open and fits. */
async function theOnly(streams: () => URL[], fits: (query: URLSearchParams) => boolean) {
  const isIt = () => {
    const [first, ...more] = streams();
    return more.length === 0 && first?.pathname === '/v1/live' && fits(first.searchParams);
  };
  assert.ok(await waitUntil(isIt, { timeoutMs: 20_000 }), `open: ${streams().join(' ')}`);
}

test('a tab has one stream open, whatever it shows', async () => {
  await the.inTab({}, async ({ page }) => {
    const streams = openStreams(page);
    const seen = new Set<string>();
    page.on('request', (request) => seen.add(new URL(request.url()).pathname));
    await page.goto(the.url + LOGS);
    await page.getByText('live', { exact: true }).waitFor();
    await say('stdout', ['one-stream']);
    await page.getByRole('log').getByText('one-stream', { exact: true }).first().waitFor();
    await theOnly(streams, (query) => query.get('log') === AGENT);
    await page.getByRole('tab', { name: 'Deployments' }).click();
    await theOnly(streams, (query) => query.has('deployment') && !query.has('log'));
    await page.getByRole('tab', { name: 'Overview' }).click();
    await theOnly(streams, (query) => !query.has('deployment') && !query.has('log'));
    assert.deepEqual(
      [...seen].filter((path) => STREAMS.test(path)),
      ['/v1/live'],
    );
  });
});

test('a log goes on where its stream broke: no line is lost, and none is there twice', async () => {
  await the.inTab({ path: LOGS }, async ({ page }) => {
    const log = page.getByRole('log');
    await page.getByText('live', { exact: true }).waitFor();
    await say('stdout', ['break-a']);
    await log.getByText('break-a', { exact: true }).waitFor();
    const isLive = (request: Request) => new URL(request.url()).pathname === '/v1/live';
    const broken = page.waitForEvent('requestfailed', { predicate: isLive, timeout: 30_000 });
    await setVisibility(page, 'hidden');
    await broken;
    await say('stderr', ['break-b']);
    const again = page.waitForRequest(isLive);
    await setVisibility(page, 'visible');
    const resumed = (await (await again).headerValue('last-event-id')) ?? '';
    assert.ok(resumed.includes(`;log=${AGENT}:`), resumed);
    await log.getByText('break-b', { exact: true }).waitFor();
    await say('stdout', ['break-c']);
    await log.getByText('break-c', { exact: true }).waitFor();
    for (const line of ['break-a', 'break-b', 'break-c'])
      assert.equal(await log.getByText(line, { exact: true }).count(), 1, line);
  });
});
