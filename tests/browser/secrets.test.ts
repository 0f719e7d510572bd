/** The page Secrets: what it does to secrets, and that no value stays anywhere in the browser. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { SecretResource, SecretVersionResource } from '../../src/contracts/secret.ts';
import { AGENT, type Stage, stage } from './stage.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const NAME = 'PAGE_KEY';
const VALUES = ['sk-page-first-93f1', 'sk-page-second-77ab'];
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function secret(): Promise<SecretResource | undefined> {
  const { items } = await the.api<{ items: SecretResource[] }>('GET', '/v1/secrets');
  return items.find(({ name }) => name === NAME);
}

/** Everything that a page may have kept. */
async function keptBy(page: Page): Promise<string> {
  const storage = await page.evaluate(() => {
    const fields = [...document.querySelectorAll('input, textarea')];
    const typed = fields.map((field) => (field as HTMLInputElement).value);
    return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, typed]);
  });
  return `${page.url()} ${storage} ${await page.content()}`;
}

test('a secret is set, rotated, put to other use and deleted, and its values are nowhere', async () => {
  const expected = [/status of 400/];
  await the.inTab({ path: '/dashboard/secrets', expected }, async ({ page }) => {
    await press(page, 'New secret');
    await page.getByLabel('Name', { exact: true }).fill('lower');
    await page.getByText('Capital letters, digits').waitFor();
    await page.getByLabel('Name', { exact: true }).fill(NAME);
    await page.getByLabel('Hosts').fill('api.example.com *.example.org');
    const value = page.getByLabel('Value');
    assert.equal(await value.getAttribute('type'), 'password');
    await value.fill('with ünïcode');
    await press(page, 'Set it');
    await page.getByText('secret_value_invalid').waitFor();
    assert.equal(await value.inputValue(), '', 'a value that was sent is gone, also when refused');
    await value.fill(VALUES[0] ?? '');
    await press(page, 'Set it');
    await page.getByRole('heading', { name: NAME }).waitFor();
    assert.deepEqual((await secret())?.hosts, ['api.example.com', '*.example.org']);

    await press(page, 'Rotate…');
    await page.getByLabel('Value').fill(VALUES[1] ?? '');
    await press(page, 'Rotate');
    await page.getByText('v2', { exact: true }).waitFor();
    const path = `/v1/secrets/${NAME}/versions`;
    const { items } = await the.api<{ items: SecretVersionResource[] }>('GET', path);
    assert.deepEqual(
      items.map(({ version }) => version),
      [2, 1],
    );

    await press(page, 'Change use…');
    await page.getByLabel('Hosts').fill('other.example.com');
    await press(page, 'Change');
    await page.getByRole('definition').getByText('other.example.com').waitFor();
    assert.deepEqual((await secret())?.hosts, ['other.example.com']);

    const kept = await keptBy(page);
    for (const text of VALUES) assert.ok(!kept.includes(text), 'a value stayed in the page');

    await press(page, 'Delete…');
    await press(page, 'Delete it');
    await page.getByText(`${NAME} is deleted`).first().waitFor();
    assert.equal(await secret(), undefined);
  });
});

test('a secret that an agent names says so before it is deleted', async () => {
  await the.inTab({ path: '/dashboard/secrets?name=MODEL_API_KEY' }, async ({ page }) => {
    await page.getByRole('link', { name: AGENT }).first().waitFor();
    await press(page, 'Delete…');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Machines of theirs that start later fail').waitFor();
    await dialog.getByText(AGENT).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    const { items } = await the.api<{ items: SecretResource[] }>('GET', '/v1/secrets');
    assert.ok(items.some(({ name }) => name === 'MODEL_API_KEY'));
  });
});
