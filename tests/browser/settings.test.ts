/** The page Settings: tokens, sessions, prices and appearance, each to its effect. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { PriceListResource } from '../../src/contracts/cost.ts';
import { type Stage, stage } from './stage.ts';
import { assertNothingWrong, openTab } from './tab.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function statusWith(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${the.url}/v1/agents`, {
    headers,
    signal: AbortSignal.timeout(20_000),
  });
  await answer.body?.cancel();
  return answer.status;
}

test('a token is made with its scopes, shown once, used, and refused when it is revoked', async () => {
  await the.inTab({ path: '/dashboard/settings' }, async ({ page }) => {
    await press(page, 'New token');
    await page.getByLabel('Name', { exact: true }).fill('for <i>ci</i>');
    await page.getByLabel('invoke').check();
    await page.getByLabel('Expires').selectOption('7');
    await press(page, 'Make it');
    const value = (await page.locator('[data-token-value]').textContent()) ?? '';
    assert.equal(await statusWith(value), 200);
    await press(page, 'I have it');
    await page.getByText('for <i>ci</i>', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('for <i>ci</i>', { exact: true }).waitFor();
    assert.ok(!(await page.content()).includes(value), 'the value is not shown again');
    await press(page, 'Revoke for <i>ci</i>');
    await press(page, 'Revoke it');
    await page.getByText('The token is revoked').first().waitFor();
    assert.equal(await statusWith(value), 401);
    const revoke = page.getByRole('button', { name: 'Revoke for <i>ci</i>' });
    await revoke.waitFor({ state: 'detached' });
  });
});

test('signing out everywhere else ends the other tab’s session, and not this one', async () => {
  const other = await openTab(the.browser, { origin: the.url, expected: [/status of 401/] });
  try {
    await other.page.goto(await the.signInLink());
    await other.page.getByRole('main').waitFor();
    await the.inTab({ path: '/dashboard/settings?tab=sessions' }, async ({ page }) => {
      await page.getByText('this one', { exact: true }).waitFor();
      await press(page, 'Sign out everywhere else…');
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^End (it|them)$/ })
        .click();
      await other.page.getByRole('heading', { name: 'Sign in to Swarm' }).waitFor();
      await page.getByText('this one', { exact: true }).waitFor();
      // An open dialog hides the page behind it, and with it the buttons.
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const others = page.getByRole('button', { name: /^End: session/ });
      await others.first().waitFor({ state: 'detached' });
    });
    await assertNothingWrong(other);
  } finally {
    await other.close();
  }
});

test('a price list is refused with its reason, imported, searched and removed', async () => {
  const own = async () => {
    const { items } = await the.api<{ items: PriceListResource[] }>('GET', '/v1/prices');
    return items.map(({ name }) => name);
  };
  const file = (value: unknown) => ({
    name: 'prices.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(value)),
  });
  const expected = [/status of 400/];
  const path = '/dashboard/settings?tab=prices';
  await the.inTab({ path, expected }, async ({ page }) => {
    await press(page, 'Import…');
    const chosen = page.getByLabel('File', { exact: true });
    await chosen.setInputFiles(file({ models: 3 }));
    await press(page, 'Import');
    await page.getByText('prices_invalid').waitFor();
    assert.deepEqual(await own(), ['builtin']);

    const price = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000002 };
    await chosen.setInputFiles(file({ 'mine-1': { ...price, mode: 'chat' } }));
    await page.getByLabel('Format', { exact: true }).selectOption('litellm');
    await page.getByLabel('Name of the list').fill('mine');
    await press(page, 'Import');
    await page.getByRole('heading', { name: 'Prices of mine' }).waitFor();
    assert.deepEqual(await own(), ['mine', 'builtin']);
    await page.getByRole('cell', { name: 'mine-1' }).waitFor();
    await page.getByLabel('Search models').fill('nothing like it');
    await page.getByText('No model of that name').waitFor();

    await press(page, 'Remove mine');
    await press(page, 'Remove it');
    await page.getByRole('heading', { name: 'Prices of builtin' }).waitFor();
    assert.deepEqual(await own(), ['builtin']);
  });
});

test('theme and density stay when the page is loaded again', async () => {
  await the.inTab({ path: '/dashboard/settings?tab=appearance' }, async ({ page }) => {
    await page.locator('html[data-theme=light][data-density=comfortable]').waitFor();
    await page.getByLabel('Dark').check();
    await page.getByLabel('Compact').check();
    const changed = page.locator('html[data-theme=dark][data-density=compact]');
    await changed.waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Appearance' }).waitFor();
    await changed.waitFor();
    assert.equal(await page.getByLabel('Dark').isChecked(), true);
    await page.getByLabel('As the system').check();
    await page.locator('html[data-theme=light]').waitFor();
  });
});

test('what swarmd is, and which keys there are, is said', async () => {
  await the.inTab({ path: '/dashboard/settings?tab=about' }, async ({ page }) => {
    await page.getByText(the.swarm.home, { exact: true }).waitFor();
    await page.getByText('can be written').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.getByRole('heading', { name: 'Audit', exact: true }).waitFor();
  });
});

test('a session that may only look is told so, and offered nothing that it may not do', async () => {
  const body = { name: 'looks', scopes: ['read'] };
  const token = await the.api<{ id: string; value: string }>('POST', '/v1/tokens', body);
  const headers = { authorization: `Bearer ${token.value}` };
  const asked = { method: 'POST', headers, signal: AbortSignal.timeout(20_000) };
  const answer = await fetch(`${the.url}/v1/sign-in-codes`, asked);
  const { code } = (await answer.json()) as { code: string };
  const tab = await openTab(the.browser, { origin: the.url, expected: [/status of 40[13]/] });
  try {
    const { page } = tab;
    const disabled = (name: string) => page.getByRole('button', { name, exact: true }).isDisabled();
    await page.goto(`${the.url}/dashboard/settings#code=${code}`);
    await page.getByText('Tokens are shown and made only in a session').waitFor();
    assert.ok(await disabled('New token'));
    await page.getByRole('tab', { name: 'Prices' }).click();
    await page.getByRole('heading', { name: 'Prices of builtin' }).waitFor();
    assert.ok(await disabled('Import…'));
    await page.goto(`${the.url}/dashboard/secrets?name=MODEL_API_KEY`);
    await page.getByText('Changing secrets needs a session').waitFor();
    for (const name of ['New secret', 'Rotate…', 'Change use…', 'Delete…'])
      assert.ok(await disabled(name), name);
    await page.goto(`${the.url}/dashboard/audit`);
    await page.getByText('Retention is shown and set only in a session').waitFor();
    for (const name of ['Set…', 'Place…']) assert.ok(await disabled(name), name);
    await page.getByRole('button', { name: 'Check the newest checkpoint' }).click();
    await page.getByText('The newest checkpoint is signed by this key').waitFor();
    await the.api('DELETE', `/v1/tokens/${token.id}`);
    await page.getByRole('heading', { name: 'Sign in to Swarm' }).waitFor();
    await assertNothingWrong(tab);
  } finally {
    await tab.close();
  }
});
