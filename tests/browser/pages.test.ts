/** Every page on real data, and what can be done on those that are not of one agent. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { EventPage } from '../../src/contracts/event-query.ts';
import type { TokenResource } from '../../src/contracts/requests.ts';
import { AGENT, chatOrder, type Stage, stage } from './stage.ts';

let the: Stage;
/** The call out to the model that the stage made, in the run of the call that caused it. */
let modelCall: EventResource;
before(async () => {
  the = await stage();
  const body = chatOrder(the.models, 'what is new');
  const answer = await the.fetch(`/agents/${AGENT}/call`, { method: 'POST', body });
  await answer.text();
  const run = answer.headers.get('swarm-run') ?? '';
  const found = await waitUntil(
    async () => {
      const query = `run=${run}&kind=egress.call&status=ok&limit=1`;
      const { items } = await the.api<EventPage>('GET', `/v1/events?${query}`);
      return items[0];
    },
    { timeoutMs: 20_000 },
  );
  assert.ok(found?.run);
  modelCall = found;
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const confirm = (page: Page, name: string) =>
  dialog(page).getByRole('button', { name, exact: true }).click();
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });

test('the overview has the agent, its figures, and the calls behind them', async () => {
  await the.inTab({}, async ({ page }) => {
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    await page.getByText('running').first().waitFor();
    const link = page.locator('a[href*="/calls?"]').first();
    await link.click();
    await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
    await page.getByRole('row').nth(1).waitFor();
  });
});

test('a new call is on the page without anybody touching it', async () => {
  await the.inTab({ path: '/dashboard/calls' }, async ({ page }) => {
    await page.getByRole('row').nth(1).waitFor();
    await the.call('/seen-as-it-comes', '{}');
    await page.getByText('/seen-as-it-comes').first().waitFor();
  });
});

test('filters are the address: the same after a reload and in a second tab', async () => {
  await the.inTab({ path: '/dashboard/calls' }, async ({ page, context }) => {
    const search = page.getByRole('searchbox', { name: 'Search events' });
    await search.fill(`status:ok agent:${AGENT}`);
    await search.press('Enter');
    await page.getByRole('combobox', { name: 'Time span' }).selectOption('24h');
    await page.waitForURL(/since=24h/);
    const address = new URL(page.url());
    assert.equal(address.searchParams.get('status'), 'ok');
    assert.equal(address.searchParams.get('agent'), AGENT);
    const filtersOf = (tab: Page) => tab.getByRole('list', { name: 'Filters' });
    const chosen = (tab: Page) =>
      filtersOf(tab).filter({ hasText: 'ok' }).filter({ hasText: AGENT });
    await chosen(page).waitFor();
    await page.reload();
    await page.getByRole('row').nth(1).waitFor();
    await chosen(page).waitFor();
    const second = await context.newPage();
    await second.goto(page.url());
    await second.getByRole('row').nth(1).waitFor();
    await chosen(second).waitFor();
    for (const tab of [page, second])
      assert.equal(await tab.getByRole('combobox', { name: 'Time span' }).inputValue(), '24h');
  });
});

test('what is shown is exported as it is shown, with its proofs', async () => {
  await the.inTab({ path: `/dashboard/calls?agent=${AGENT}` }, async ({ page }) => {
    await button(page, 'Export').click();
    const coming = page.waitForEvent('download');
    await confirm(page, 'Download');
    const download = await coming;
    assert.match(download.suggestedFilename(), /^swarm-events-jsonl\.tar$/);
    const file = await download.path();
    const key = (await the.swarm.ok(['audit', 'key'])).stdout.trim();
    const verified = await the.swarm.cli(['audit', 'verify', file, '--key', key]);
    assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);
  });
});

test('a run is a tree and a waterfall, with what was said and what it cost', async () => {
  await the.inTab({ path: `/dashboard/runs/${modelCall.run}` }, async ({ page }) => {
    const rows = page.getByRole('treegrid').getByRole('row');
    await rows.nth(2).waitFor();
    await page.getByText('gpt-4o-mini').first().waitFor();
    await page
      .getByText(/\$0\.0/)
      .first()
      .waitFor();
    await button(page, 'tree').click();
    await page.waitForURL(/view=tree/);
    await rows.filter({ hasText: 'gpt-4o-mini' }).first().click();
    await page.getByRole('complementary').getByText('what is new').first().waitFor();
  });
});

test('an event is verified in the browser: green as it is, red when one byte differs', async () => {
  await the.inTab({ path: '/dashboard/audit' }, async ({ page }) => {
    await button(page, 'Pin this key').click();
    await field(page, 'Event id').fill(modelCall.id);
    await button(page, 'Verify event').click();
    await page.getByText('This event is in the log, as it is shown.').waitFor();
    assert.equal(await page.getByRole('img', { name: 'Does not fit' }).count(), 0);
    // As a server would that changed what it stores: the model's name, in what it shows and proves.
    for (const path of ['proof', 'events']) {
      await page.route(
        (url) => url.pathname.includes(path),
        async (route) => {
          const answer = await route.fetch();
          const body = (await answer.text()).replaceAll('gpt-4o-mini', 'gpt-4o-maxi');
          await route.fulfill({ response: answer, body });
        },
      );
      await button(page, 'Verify event').click();
      await page.getByText('Something does not fit: do not rely on this event.').waitFor();
      await page.getByRole('img', { name: 'Does not fit' }).first().waitFor();
      await page.unrouteAll({ behavior: 'wait' });
    }
    await button(page, 'Check the newest checkpoint').click();
    await page
      .getByText(/checkpoint/)
      .first()
      .waitFor();
  });
});

test('cost is what the log says, and a budget is set and taken back', async () => {
  await the.inTab({ path: '/dashboard/cost' }, async ({ page }) => {
    await page.getByText(AGENT).filter({ visible: true }).first().waitFor();
    await page
      .getByText(/\$0\.0/)
      .first()
      .waitFor();
    await button(page, 'Set a budget').click();
    await field(page, 'Name').fill('browser-day');
    await page.getByRole('combobox', { name: 'For each' }).selectOption('day');
    await field(page, 'Limit').fill('12.50');
    await confirm(page, 'Set');
    await page.getByText('browser-day').first().waitFor();
    const budgets = JSON.stringify(await the.api('GET', '/v1/budgets'));
    assert.match(budgets, /"browser-day"/);
    assert.match(budgets, /"12\.50?"/);
    await the.api('DELETE', '/v1/budgets/browser-day');
    await page.getByText('browser-day').first().waitFor({ state: 'detached' });
  });
});

test('a secret is set and rotated; its value is in nothing that the page shows or keeps', async () => {
  const values = ['sv-browser-first-3f9a', 'sv-browser-second-81cd'];
  await the.inTab({ path: '/dashboard/secrets' }, async ({ page }) => {
    await button(page, 'New secret').click();
    await field(page, 'Name').fill('BROWSER_KEY');
    await page.getByLabel('Value', { exact: true }).fill(values[0] ?? '');
    await field(page, 'Hosts').fill('api.example.test');
    await confirm(page, 'Set it');
    await dialog(page).waitFor({ state: 'detached' });
    await button(page, 'Rotate…').click();
    await page.getByLabel('Value', { exact: true }).fill(values[1] ?? '');
    await confirm(page, 'Rotate');
    await dialog(page).waitFor({ state: 'detached' });
    const { items } = await the.api<{ items: { name: string; version: number }[] }>(
      'GET',
      '/v1/secrets',
    );
    assert.equal(items.find(({ name }) => name === 'BROWSER_KEY')?.version, 2);
    const kept = await page.evaluate(() =>
      [
        document.documentElement.outerHTML,
        JSON.stringify([localStorage, sessionStorage]),
        ...[...document.querySelectorAll('input, textarea')].map(
          (element) => (element as HTMLInputElement).value,
        ),
      ].join(' '),
    );
    for (const value of values) assert.equal(kept.includes(value), false);
  });
  await the.swarm.ok(['secrets', 'delete', 'BROWSER_KEY', '-y']);
});

test('a token is made, shown once, works, and is refused once it is revoked', async () => {
  await the.inTab({ path: '/dashboard/settings' }, async ({ page }) => {
    await button(page, 'New token').click();
    await field(page, 'Name').fill('browser <b>token</b>');
    await confirm(page, 'Make it');
    const value = (await page.locator('[data-token-value]').textContent()) ?? '';
    const asked = () =>
      fetch(`${the.url}/v1/agents`, { headers: { authorization: `Bearer ${value}` } });
    assert.equal((await asked()).status, 200);
    await confirm(page, 'I have it');
    await dialog(page).waitFor({ state: 'detached' });
    assert.equal((await page.content()).includes(value), false);
    await button(page, 'Revoke browser <b>token</b>').click();
    await confirm(page, 'Revoke it');
    // An open dialog hides the page behind it, and with it the button.
    await dialog(page).waitFor({ state: 'detached' });
    await button(page, 'Revoke browser <b>token</b>').waitFor({ state: 'detached' });
    assert.equal((await asked()).status, 401);
    const { items } = await the.api<{ items: TokenResource[] }>('GET', '/v1/tokens');
    assert.equal(
      items.some(({ name }) => name.startsWith('browser')),
      false,
    );
  });
});

test('settings show sessions, prices and what swarmd is; the theme is kept', async () => {
  await the.inTab({ path: '/dashboard/settings' }, async ({ page }) => {
    await page.getByRole('tab', { name: 'Sessions' }).click();
    await page.getByText('this one').first().waitFor();
    await page.getByRole('tab', { name: 'Prices' }).click();
    await page.getByText('gpt-4o-mini').first().waitFor();
    await page.getByRole('tab', { name: 'About' }).click();
    await page.getByText('qemu').first().waitFor();
    await page.getByRole('tab', { name: 'Appearance' }).click();
    await page.getByRole('radio', { name: /Dark/ }).click();
    const dark = page.locator('html[data-theme=dark]');
    await dark.waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await dark.waitFor();
  });
});

test('all of it is reached with the keyboard alone', async () => {
  await the.inTab({}, async ({ page }) => {
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
    await heading('Overview');
    for (const [key, name] of [
      ['a', 'Agents'],
      ['c', 'Calls'],
      ['m', 'Cost'],
      ['l', 'Audit'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await heading(name);
    }
    await page.keyboard.press('Control+k');
    await dialog(page).getByRole('combobox').and(page.locator(':focus')).waitFor();
    await page.keyboard.type(AGENT);
    await dialog(page).getByRole('option', { name: AGENT, selected: true }).first().waitFor();
    await page.keyboard.press('Enter');
    await heading(AGENT);
  });
});
