/** axe-core on every page and every part of it: both themes, wide and narrow. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import type { EventPage } from '../../src/contracts/event-query.ts';
import type { SystemResource } from '../../src/contracts/resources.ts';
import { settled } from './settled.ts';
import { AGENT, type Stage, stage } from './stage.ts';
import { openTab } from './tab.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let the: Stage;
let event: { id: string; run: string };
before(async () => {
  the = await stage();
  const { items } = await the.api<EventPage>('GET', '/v1/events?kind=egress.call&limit=1');
  const [newest] = items;
  assert.ok(newest?.run);
  event = { id: newest.id, run: newest.run };
});

const pages = () => [
  '',
  'agents',
  `agents/${AGENT}`,
  'calls',
  `calls?kind=all&agent=${AGENT}&event=${event.id}`,
  'calls?agent=nobody',
  `runs/${event.run}`,
  'runs/00000000000000000000000000000000',
  'cost',
  'audit',
  'secrets',
  'settings',
  'nowhere',
];

/** @returns `page: rule: element`, for each violation */
async function violations(page: Page, what: string): Promise<string[]> {
  const { violations: found } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) => `${what}: ${id}: ${html.slice(0, 200)} ${failureSummary}`,
    ),
  );
}

for (const theme of ['light', 'dark'] as const)
  for (const width of [1440, 390])
    test(`no page has a violation: ${theme}, ${width} pixels`, async () => {
      const options = { origin: the.url, theme, width, height: 844, bypassCsp: true };
      const tab = await openTab(the.browser, { ...options, expected: [/status of 404/] });
      const found: string[] = [];
      try {
        const { page } = tab;
        await tab.context.addInitScript({ path: AXE });
        await page.goto(`${the.url}/dashboard/`);
        await page.locator('h1').first().waitFor({ state: 'attached' });
        found.push(...(await violations(page, 'signing in')));
        await page.evaluate((link) => location.assign(link), await the.signInLink());
        await page.getByRole('navigation', { name: 'Pages' }).first().waitFor();
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog').waitFor();
        found.push(...(await violations(page, 'the palette')));
        for (const path of pages()) {
          await page.goto(`${the.url}/dashboard/${path}`);
          await page.locator('h1').first().waitFor({ state: 'attached' });
          await settled(page);
          found.push(...(await violations(page, path)));
          const tabs = page.getByRole('tab');
          for (let i = 1; i < (await tabs.count()); i++) {
            await tabs.nth(i).click();
            await settled(page);
            found.push(...(await violations(page, `${path}, ${await tabs.nth(i).textContent()}`)));
          }
        }
        await page.route('**/v1/system', async (route) => {
          const system: SystemResource = await (await route.fetch()).json();
          const audit = { ...system.audit, problem: 'leaf_mismatch: entry 4: it was changed' };
          await route.fulfill({ json: { ...system, audit } });
        });
        await page.goto(`${the.url}/dashboard/`);
        await page.getByRole('alert').getByText('leaf_mismatch').waitFor();
        await settled(page);
        found.push(...(await violations(page, 'a log that does not verify')));
        await page.unrouteAll({ behavior: 'wait' });
      } finally {
        await tab.close();
      }
      assert.deepEqual(found, []);
    });
