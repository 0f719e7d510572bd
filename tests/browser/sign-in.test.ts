/** Who gets into the dashboard, how long, and what every other origin gets: nothing. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import type { SessionResource } from '../../src/contracts/session.ts';
import { type Stage, stage } from './stage.ts';
import { assertNothingWrong, openTab } from './tab.ts';

let the: Stage;
/** Made first and used last: it is too old by then. */
let early: { link: string; expiresAt: number };
before(async () => {
  the = await stage();
  early = { link: await the.signInLink(), expiresAt: Date.now() + 60_000 };
});

/** What Chromium itself says of a refused request. */
const REFUSED = [/status of 401/];
const heading = (page: Page) => page.getByRole('heading', { name: 'Sign in to Swarm' });
const shell = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).first();

async function refusalOf(link: string): Promise<string> {
  const tab = await openTab(the.browser, { origin: the.url, expected: REFUSED });
  try {
    await tab.page.goto(link);
    await heading(tab.page).waitFor();
    const told = await tab.page.getByRole('alert').textContent();
    await assertNothingWrong(tab);
    return told ?? '';
  } finally {
    await tab.close();
  }
}

test('without a session there is the sign-in page, which says what to run', async () => {
  const tab = await openTab(the.browser, { origin: the.url, expected: REFUSED });
  try {
    for (const path of ['', 'agents', 'calls?status=error', 'settings']) {
      await tab.page.goto(`${the.url}/dashboard/${path}`);
      await heading(tab.page).waitFor();
      await tab.page.getByText('swarm dashboard', { exact: true }).waitFor();
    }
    await assertNothingWrong(tab);
  } finally {
    await tab.close();
  }
});

test('a code signs in once; a second use says why it does not', async () => {
  const tab = await openTab(the.browser, { origin: the.url });
  try {
    const link = await the.signInLink();
    await tab.page.goto(link);
    await shell(tab.page).waitFor();
    assert.equal(new URL(tab.page.url()).hash, '', 'the code stays in no history');
    assert.match(await refusalOf(link), /sign_in_code_invalid/);
    await assertNothingWrong(tab);
  } finally {
    await tab.close();
  }
});

test('a code can be typed, or the link pasted, into the page', async () => {
  const tab = await openTab(the.browser, { origin: the.url, expected: REFUSED });
  try {
    await tab.page.goto(`${the.url}/dashboard/`);
    await tab.page.getByRole('textbox').fill(await the.signInLink());
    await tab.page.getByRole('button', { name: 'Sign in' }).click();
    await shell(tab.page).waitFor();
    await assertNothingWrong(tab);
  } finally {
    await tab.close();
  }
});

test('the cookie is for requests of this site alone, and no script reads it', async () => {
  await the.inTab({}, async ({ page, context }) => {
    const [cookie, ...others] = await context.cookies();
    assert.deepEqual(others, []);
    assert.equal(cookie?.name, 'swarm_session');
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Strict');
    assert.equal(cookie.path, '/');
    assert.equal(await page.evaluate(() => document.cookie), '');
    // Neither it nor the header token lies where another page of the site would find it.
    const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
    assert.equal(kept.includes(cookie.value), false);
  });
});

test('the session is there after a reload, and in a second tab of the browser', async () => {
  await the.inTab({}, async ({ page, context }) => {
    await page.reload();
    await shell(page).waitFor();
    const second = await context.newPage();
    await second.goto(`${the.url}/dashboard/agents`);
    await shell(second).waitFor();
  });
});

test('a session that is revoked ends under the page that is open, and says so', async () => {
  await the.inTab({ expected: REFUSED }, async ({ page }) => {
    await shell(page).waitFor();
    const { items } = await the.api<{ items: SessionResource[] }>('GET', '/v1/sessions');
    const newest = items.at(-1);
    assert.ok(newest);
    await the.api('DELETE', `/v1/sessions/${newest.id}`);
    // Its stream ends, and what it asks for next is refused: nobody has to touch the page.
    await heading(page).waitFor();
    await page.getByText(/The session was ended at/).waitFor();
    await page.reload();
    await heading(page).waitFor();
  });
});

test('signing out ends the session at the server, not only in the page', async () => {
  await the.inTab({ expected: REFUSED }, async ({ page, context }) => {
    const cookies = await context.cookies();
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Sign out' }).click();
    await heading(page).waitFor();
    const gone = async () => (await context.cookies()).length === 0;
    assert.ok(await waitUntil(gone, { timeoutMs: 20_000 }), 'the cookie is taken away');
    await context.addCookies(cookies);
    await page.reload();
    await heading(page).waitFor();
  });
});

test('a code that is older than a minute says so', async () => {
  const leftMs = early.expiresAt - Date.now();
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs + 1_000));
  const told = await refusalOf(early.link);
  assert.match(told, /sign_in_code_invalid/);
  assert.match(told, /minute/);
});
