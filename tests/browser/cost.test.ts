/** The page Cost: sums that follow the calls, what is in no sum, and budgets that hold. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import type { BudgetResource, CostReport } from '../../src/contracts/cost.ts';
import { chatOrder, type Stage, stage } from './stage.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const inDialog = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
const budgets = async () =>
  (await the.api<{ items: BudgetResource[] }>('GET', '/v1/budgets')).items;

test('sums follow the calls, a view is an address, and the table is a file', async () => {
  await the.inTab({ path: '/dashboard/cost' }, async ({ page }) => {
    const total = page.locator('tfoot td').first();
    const before = Number(await total.textContent());
    await the.call('/call', chatOrder(the.models));
    await page.waitForFunction(
      (calls) => Number(document.querySelector('tfoot td')?.textContent) > calls,
      before,
    );
    await page.getByRole('tab', { name: 'By model' }).click();
    await page.waitForURL(/by=model/);
    await page.reload();
    await page.getByRole('rowheader', { name: /gpt-4o-mini/ }).waitFor();
    const downloading = page.waitForEvent('download');
    await press(page, 'CSV');
    const csv = await readFile(await (await downloading).path(), 'utf8');
    const report = await the.api<CostReport>('GET', '/v1/costs?by=model');
    for (const { amount } of report.rows) assert.ok(csv.includes(`,${amount},USD,`), csv);
    await page
      .getByRole('link', { name: `${report.totals.calls}`, exact: true })
      .first()
      .click();
    await page.waitForURL(/\/calls\?.*kind=egress\.call/);
  });
});

test('a model without a price is named, with what to do', async () => {
  const order = chatOrder(the.models).replace('gpt-4o-mini', 'house-model-7');
  await the.inTab({ path: '/dashboard/cost' }, async ({ page }) => {
    await page.locator('tfoot').waitFor();
    await the.call('/call', order);
    const notice = page.getByRole('region', { name: /without a price/ });
    await notice.getByText('house-model-7').waitFor();
    await notice.getByText('swarm prices import').waitFor();
    await notice.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  });
});

test('a heading sorts the rows, by keyboard too, and the order is in the address', async () => {
  await the.inTab({ path: '/dashboard/cost?by=model' }, async ({ page }) => {
    const heading = (name: string, order: string) =>
      page.locator(`th[aria-sort=${order}]`).filter({ hasText: name }).waitFor();
    await heading('Cost', 'descending');
    await page.getByRole('button', { name: 'Calls', exact: true }).press('Enter');
    await heading('Calls', 'descending');
    await page.waitForURL(/sort=-calls/);
    await press(page, 'Model');
    await heading('Model', 'ascending');
    await page.reload();
    await heading('Model', 'ascending');
    await page.locator('tbody th').first().waitFor();
    const names = await page.locator('tbody th').allTextContents();
    assert.ok(names.length > 0);
    assert.deepEqual(names, names.toSorted());
    await press(page, 'Model');
    await heading('Model', 'descending');
    await page.waitForURL(/sort=-name/);
  });
});

test('a budget is set with its faults named, refuses calls, is changed, and deleted', async () => {
  const name = 'browser-day';
  try {
    await the.inTab({ path: '/dashboard/cost' }, async ({ page }) => {
      await press(page, 'Set a budget');
      await inDialog(page, 'Set');
      await page.getByText('Dollars, more than 0, such as 20 or 0.50.').waitFor();
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByLabel('Limit').fill('0.0000001');
      await page.getByLabel('For each').selectOption('day');
      await inDialog(page, 'Set');
      await page.getByText('used up', { exact: false }).first().waitFor();
      await the.request('/call', { method: 'POST', body: chatOrder(the.models) });
      await refusedByBudget();

      await press(page, `Change the budget ${name}`);
      await page.getByLabel('Limit').fill('500');
      await inDialog(page, 'Change');
      await page.getByText('$500.00', { exact: false }).first().waitFor();
      assert.deepEqual((await budgets()).find((one) => one.name === name)?.limit, { money: '500' });

      await press(page, `Delete the budget ${name}`);
      await inDialog(page, 'Delete');
      await page
        .getByRole('button', { name: `Delete the budget ${name}` })
        .waitFor({ state: 'detached' });
      // Behind the dialog, which hides the list, the button is not there either.
      const isGone = async () => !(await budgets()).some((one) => one.name === name);
      assert.ok(await waitUntil(isGone, { timeoutMs: 20_000 }));
    });
  } finally {
    await (await the.fetch(`/v1/budgets/${name}`, { method: 'DELETE' })).body?.cancel();
  }
});

async function refusedByBudget(): Promise<void> {
  const path = '/v1/events?kind=egress.call&status=refused&limit=5';
  const found = await waitUntil(
    async () => {
      const { items } = await the.api<{ items: { error?: { code: string } }[] }>('GET', path);
      return items.some(({ error }) => error?.code === 'budget_exhausted');
    },
    { timeoutMs: 20_000 },
  );
  assert.ok(found, 'the call was refused because of the budget');
}
