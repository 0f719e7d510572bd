/**
 * Everything hostile that can come in, played through a real agent into every page: nothing runs,
 * nothing is asked for elsewhere, nothing leaves its place, and the page goes on answering.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertContained } from './containment.ts';
import { PAYLOADS } from './hostile-payloads.ts';
import { LONG_LINE_BYTES, type Played, playHostile } from './play-hostile.ts';
import { settled } from './settled.ts';
import { AGENT, type Stage, stage } from './stage.ts';

let the: Stage;
let played: Played;
before(async () => {
  the = await stage();
});

/** As a link in the page would: without loading it anew. */
async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
}

test('at least 100 payloads are played', async () => {
  assert.ok(PAYLOADS.length >= 100);
  played = await playHostile(the);
});

test('the details of a call whose answer is hostile show it as text', async () => {
  await the.inTab({ path: '/dashboard/calls' }, async ({ page }) => {
    for (const [mark, id] of played.answers) {
      await goTo(page, `/dashboard/calls?event=${id}`);
      await page.getByRole('complementary').getByText(mark).first().waitFor();
      await assertContained(page, `the call with ${mark}`);
    }
  });
});

test('the details of an event that a program sent show it as text', async () => {
  await the.inTab({ path: '/dashboard/calls' }, async ({ page }) => {
    for (const [mark, id] of played.sent) {
      await goTo(page, `/dashboard/calls?kind=all&event=${id}`);
      await page.getByRole('complementary').getByText(mark).first().waitFor();
      await assertContained(page, `the event with ${mark}`);
    }
  });
});

const pages = (): readonly string[] => [
  '',
  'agents',
  `agents/${AGENT}`,
  'calls',
  'calls?kind=all',
  'calls?kind=all&status=error,refused',
  `calls?agent=${AGENT}&text=p012`,
  ...played.runs.slice(0, 3).map((run) => `runs/${run}`),
  'cost',
  'audit',
  'secrets',
  'settings',
];

for (const [theme, width] of [
  ['light', 1440],
  ['dark', 390],
] as const)
  test(`every page and every part of it keeps it inside, at ${width} pixels`, async () => {
    await the.inTab({ theme, width, height: 844 }, async ({ page }) => {
      for (const path of pages()) {
        await page.goto(`${the.url}/dashboard/${path}`);
        await page.locator('h1').first().waitFor({ state: 'attached' });
        await settled(page);
        await assertContained(page, path);
        const tabs = page.getByRole('tab');
        for (let i = 0; i < (await tabs.count()); i++) {
          await tabs.nth(i).click();
          await settled(page);
          await assertContained(page, `${path}, ${await tabs.nth(i).textContent()}`);
        }
      }
    });
  });

test('an address with a payload in it opens nothing but a page that says so', async () => {
  // What it asks for with such words may be refused.
  const expected = [/status of 40\d/];
  await the.inTab({ expected }, async ({ page }) => {
    const short = PAYLOADS.filter(({ text }) => text.length < 300);
    for (const [index, { mark, text }] of short.entries()) {
      const word = encodeURIComponent(text.toWellFormed());
      const others = [`agents/${word}`, `runs/${word}`, `settings?tab=${word}`, `${word}`];
      const other = others[index % others.length] ?? '';
      for (const path of [other, `calls?agent=${word}&text=${word}&event=${word}`]) {
        await goTo(page, `/dashboard/${path}`);
        await assertContained(page, `${mark} in ${path}`);
      }
    }
    await goTo(page, '/dashboard/');
    await page.locator('h1').first().waitFor({ state: 'attached' });
  });
});

test('a line of 10 MB and all others in the log leave the page answering', async () => {
  await the.inTab({ path: `/dashboard/agents/${AGENT}?tab=logs` }, async ({ page }) => {
    const last = PAYLOADS.at(-1)?.mark ?? '';
    await page.getByText(last).first().waitFor();
    await assertContained(page, 'the log');
    // While it is looked at.
    await the.request(`/say-long?bytes=${LONG_LINE_BYTES}`, { method: 'POST' });
    for (let i = 0; i < 20; i++) {
      await page.mouse.move(720, 500);
      await page.mouse.wheel(0, -600);
      await assertContained(page, 'the log, as a long line comes');
    }
    await page.reload();
    await page.getByText('<b>long</b>').first().waitFor();
    await assertContained(page, 'the log with a long line');
  });
});
