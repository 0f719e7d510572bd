/** The overview and the list of agents: live, and from every figure to what is behind it. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import type { PauseResource } from '../../src/contracts/cost.ts';
import type { SystemResource } from '../../src/contracts/resources.ts';
import { AGENT, chatOrder, type Stage, stage } from './stage.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const calls = (page: Page) => page.getByRole('list', { name: 'Newest calls' });
const region = (page: Page, name: string) => page.getByRole('region', { name });

test('a call stands on the page when it has ended, with its cost, and leads to its steps', async () => {
  await the.inTab({ path: '/dashboard/' }, async ({ page }) => {
    await calls(page).getByRole('listitem').first().waitFor();
    const newest = calls(page).getByRole('link').first();
    const before = await newest.getAttribute('href');
    await the.call('/call', chatOrder(the.models));
    await page.waitForFunction(
      (href) => {
        const line = document.querySelector('ol[aria-label="Newest calls"] li');
        const text = line?.textContent ?? '';
        return line?.querySelector('a')?.getAttribute('href') !== href && /ok.*\$0\.0/s.test(text);
      },
      before,
      { polling: 50 },
    );
    await newest.click();
    await page.getByRole('heading', { level: 1, name: /^Run/ }).waitFor();
    await page.getByText('gpt-4o-mini').first().waitFor();
  });
});

test('what was refused stands there with its reason, and leads to the run', async () => {
  await the.inTab({ path: '/dashboard/' }, async ({ page }) => {
    await calls(page).waitFor();
    await the.request('/call', {
      method: 'POST',
      body: JSON.stringify({ url: 'https://refused.swarm.test/secret-plans' }),
    });
    const card = region(page, 'Failed and refused');
    const line = card.getByRole('listitem').filter({ hasText: 'refused.swarm.test' }).first();
    await line.waitFor();
    await line.filter({ hasText: /refused[\s\S]*egress_/ }).waitFor();
    await card.getByRole('button', { name: 'Failed', exact: true }).click();
    await line.waitFor({ state: 'detached' });
    await card.getByRole('button', { name: 'Refused', exact: true }).click();
    await line.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: /^Run/ }).waitFor();
  });
});

test('a log that does not verify is loud, leads to the page Audit, and is quiet when it does', async () => {
  await the.inTab({ path: '/dashboard/' }, async ({ page }) => {
    await page.route('**/v1/system', async (route) => {
      const system: SystemResource = await (await route.fetch()).json();
      const audit = { ...system.audit, problem: 'leaf_mismatch: entry 4: <b>changed</b>' };
      await route.fulfill({ json: { ...system, audit } });
    });
    await page.reload();
    const alert = page.getByRole('alert').filter({ hasText: 'not what was written' });
    await alert.getByText(': leaf_mismatch: entry 4: <b>changed</b>').waitFor();
    await alert.getByRole('link', { name: 'The audit log is not what was written' }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await page.goBack();
    await alert.waitFor();

    // What a verification finds is an event, and that has the page ask again.
    await page.unrouteAll({ behavior: 'wait' });
    const isQuiet = async () => {
      await the.api('POST', '/v1/audit/verifications', {});
      return (await alert.count()) === 0;
    };
    assert.ok(await waitUntil(isQuiet, { timeoutMs: 40_000, intervalMs: 1_000 }));
  });
});

test('figures lead to the calls behind them', async () => {
  await the.inTab({ path: '/dashboard/' }, async ({ page }) => {
    const agents = region(page, 'Agents');
    const row = agents.getByRole('row').filter({ hasText: AGENT }).first();
    const today = row.getByRole('link').nth(1);
    await today.filter({ hasText: /^\d/ }).click();
    await page.waitForURL(/\/calls\?/);
    const search = new URL(page.url()).searchParams;
    assert.deepEqual([search.get('kind'), search.get('agent')], ['gateway.call', AGENT]);
    await page.getByRole('row').filter({ hasText: AGENT }).first().waitFor();
  });
});

test('an agent is found, paused and resumed in the list; the overview of another tab shows it', async () => {
  const pauses = async () =>
    (await the.api<{ items: PauseResource[] }>('GET', '/v1/pauses')).items.map(
      ({ agent }) => agent,
    );
  const act = async (page: Page, name: string, confirm: string) => {
    await page.getByRole('button', { name: `Actions for ${AGENT}` }).click();
    await page.getByRole('menuitem', { name }).click();
    await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click();
  };
  await the.inTab({ path: '/dashboard/agents' }, async ({ page, context }) => {
    const second = await context.newPage();
    await second.goto(`${the.url}/dashboard/`);
    const badge = region(second, 'Agents').getByText('paused', { exact: true });
    await page.bringToFront();
    await page.getByRole('button', { name: `Actions for ${AGENT}` }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('nobody');
    await page.getByText('No agent matches').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    try {
      await act(page, 'Pause', 'Pause now');
      await badge.waitFor();
      assert.deepEqual(await pauses(), [AGENT]);
      await page.getByLabel('Filter by state').selectOption('paused');
      await act(page, 'Resume', 'Resume');
      await page.getByText('No agent matches').waitFor();
      await badge.waitFor({ state: 'detached' });
      assert.deepEqual(await pauses(), []);
    } finally {
      const resumed = await the.fetch(`/v1/agents/${AGENT}/resume`, { method: 'POST' });
      await resumed.body?.cancel();
    }
  });
});
