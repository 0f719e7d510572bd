/** swarmd dies under a page that is open, comes back, and forgets who was idle. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, test } from 'node:test';
import type { Page, Request } from 'playwright-core';
import { SESSION_IDLE_MS } from '../../src/access/sessions.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { setVisibility } from './set-visibility.ts';
import { AGENT, type Stage, stage } from './stage.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

/** What Chromium itself says while nobody listens, and of a session that is over. */
const GONE = [
  /ERR_CONNECTION_REFUSED/,
  /ERR_CONNECTION_RESET/,
  /ERR_EMPTY_RESPONSE/,
  /ERR_INCOMPLETE_CHUNKED/,
  /ERR_NETWORK/,
  /status of 50[23]/,
];
const banner = (page: Page) => page.getByText(/swarmd does not answer/);

function kill(): void {
  process.kill(the.swarm.pid(), 'SIGKILL');
}
const up = () => the.swarm.ok(['up', '-d'], { timeoutMs: 120_000 });

test('a page whose swarmd is killed says so, keeps what it has, and goes on by itself', async () => {
  await the.inTab({ expected: GONE }, async ({ page, context }) => {
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    const calls = await context.newPage();
    await calls.goto(`${the.url}/dashboard/calls`);
    await calls.getByRole('row').nth(1).waitFor();
    // A reload would take the mark away.
    const mark = () => page.evaluate(() => Object.assign(window, { untouched: true }));
    await mark();
    kill();
    for (const tab of [page, calls]) await banner(tab).waitFor();
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    await calls.getByRole('row').nth(1).waitFor();
    await up();
    for (const tab of [page, calls]) await banner(tab).waitFor({ state: 'detached' });
    await page.getByText('running').first().waitFor();
    await the.call('/after-the-restart', '{}');
    await calls.getByText('/after-the-restart').first().waitFor();
    assert.equal(await page.evaluate(() => 'untouched' in window), true);
  });
});

test('a page that is gone to while swarmd is away comes when it is back, and nothing is lost', async () => {
  await the.inTab({ expected: GONE }, async ({ page }) => {
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    await page.evaluate(() => Object.assign(window, { untouched: true }));
    kill();
    await banner(page).waitFor();
    const failed = page.waitForEvent('requestfailed', {
      predicate: (request) => new URL(request.url()).pathname.includes('/assets/'),
    });
    await page.getByRole('link', { name: 'Secrets', exact: true }).click();
    await failed;
    await up();
    await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor();
    assert.equal(await page.evaluate(() => 'untouched' in window), true);
  });
});

test('a filter that is refused is named, and the tab’s one stream goes on without it', async () => {
  await the.inTab({ expected: [/status of 400/] }, async ({ page }) => {
    let newest: Request | undefined;
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/v1/live') newest = request;
    });
    await page.goto(`${the.url}/dashboard/calls?status=bogus`);
    await page.getByRole('alert').getByText('is "bogus"').waitFor();
    const isTakenUp = async () =>
      newest !== undefined &&
      !new URL(newest.url()).searchParams.has('status') &&
      (await newest.response())?.status() === 200;
    assert.ok(await waitUntil(isTakenUp, { timeoutMs: 20_000 }));
  });
});

test('a tab that nobody looks at gives its stream back, and goes on when it is looked at', async () => {
  await the.inTab({}, async ({ page }) => {
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    const isLive = (request: Request) => new URL(request.url()).pathname === '/v1/live';
    const givenBack = page.waitForEvent('requestfailed', { predicate: isLive, timeout: 30_000 });
    await setVisibility(page, 'hidden');
    await givenBack;
    await the.call('/while-nobody-looked', '{}');
    const takenUp = page.waitForRequest(isLive);
    await setVisibility(page, 'visible');
    assert.match((await (await takenUp).headerValue('last-event-id')) ?? '', /^\d+$/);
    await page.getByText('/while-nobody-looked').first().waitFor();
    assert.equal(await banner(page).count(), 0);
  });
});

test('a session that nobody used for 12 hours is over, and the page says so', async () => {
  await the.inTab({ expected: [...GONE, /status of 401/] }, async ({ page }) => {
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    kill();
    await banner(page).waitFor();
    // The clock is the system’s: so it is moved in what swarmd kept of the session.
    const database = new DatabaseSync(join(the.swarm.home, 'swarm.db'));
    try {
      database.exec(`update sessions set last_used_at_ms = last_used_at_ms - ${SESSION_IDLE_MS}`);
    } finally {
      database.close();
    }
    await up();
    await page.getByRole('heading', { name: 'Sign in to Swarm' }).waitFor();
    await page.getByText(/nobody used it for 12 hours/).waitFor();
  });
});
