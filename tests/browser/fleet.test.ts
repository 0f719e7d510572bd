/** A dozen agents with long names, many replicas, and some of them ill: on real swarmd with fake machines. */
import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { MachineResource } from '../../src/contracts/resources.ts';
import { type ApiStage, openApiStage } from '../integration/api-stage.ts';
import { settled } from './settled.ts';
import { stage } from './stage.ts';
import { assertNothingWrong, openTab } from './tab.ts';

const LONG = 'eu-west-customer-onboarding-assistant-v2';
const POOL = 'translation-pool';
const BROKEN = 'zz-broken';
const PAUSED = 'zy-paused';
const WELL = ['a-first', 'billing', 'crm-sync', 'docs-search', 'kyc-verifier', 'release-notes'];
const ILL_REPLICA = 9;

let swarmd: ApiStage | undefined;
before(async () => {
  // It has the browser, and the dashboard built.
  await stage();
  swarmd = await openApiStage();
  await symlink(
    join(import.meta.dirname, '..', '..', '.swarm', 'dashboard'),
    join(swarmd.home, 'dashboard'),
  );
  const spec = { restart: 'never' as const };
  for (const name of [...WELL, LONG, BROKEN, PAUSED]) await swarmd.deploy(name, spec);
  await swarmd.deploy(POOL, { ...spec, replicas: 12 });
  await endMachines(BROKEN, () => true);
  await endMachines(POOL, ({ replica }) => replica === ILL_REPLICA);
  const paused = await swarmd.call('POST', `/v1/agents/${PAUSED}/pause`, { body: {} });
  assert.equal(paused.status, 200, paused.text);
  for (const name of [...WELL, LONG]) {
    const called = await swarmd.call('POST', `/agents/${name}/tickets/of/a/customer`, { body: {} });
    assert.equal(called.status, 200, called.text);
  }
});
after(() => swarmd?.close());

async function endMachines(agent: string, which: (machine: MachineResource) => boolean) {
  const { json } = (await swarmd?.call('GET', `/v1/agents/${agent}/machines`)) ?? {};
  const { items } = json as { items: MachineResource[] };
  for (const { id } of items.filter(which)) swarmd?.machines.endProcess(id);
}

/** Signed in at that swarmd; nothing may be wrong at the end. */
async function inTab(width: number, act: (page: Page, base: string) => Promise<void>) {
  assert.ok(swarmd);
  const { url } = swarmd;
  const { json } = await swarmd.call('POST', '/v1/sign-in-codes');
  const tab = await openTab((await stage()).browser, { origin: url, width, height: 844 });
  try {
    await tab.page.goto(`${url}/dashboard/#code=${json.code}`);
    await tab.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await act(tab.page, `${url}/dashboard/`);
    await assertNothingWrong(tab);
  } finally {
    await tab.close();
  }
}

const rowOf = (page: Page, place: number, text: string) =>
  page
    .getByRole('region', { name: /agents/i })
    .getByRole('row')
    .nth(place)
    .filter({ hasText: text });

test('those that need somebody head both lists; another order stays in the address', async () => {
  await inTab(1440, async (page, base) => {
    const worstFirst = async () => {
      for (const [index, name] of [BROKEN, POOL, PAUSED, WELL[0] ?? ''].entries())
        await rowOf(page, index + 1, name).waitFor();
    };
    await worstFirst();
    await page.goto(`${base}agents`);
    await worstFirst();
    await page.getByLabel('Order').selectOption('By name');
    await page.waitForURL(/order=name/);
    await page.reload();
    for (const [index, name] of WELL.slice(0, 4).entries())
      await rowOf(page, index + 1, name).waitFor();
    assert.equal(await page.getByLabel('Order').inputValue(), 'name');
  });
});

test('whoever is about to pause an agent reads which one', async () => {
  await inTab(1440, async (page, base) => {
    await page.goto(`${base}agents`);
    for (const [name, act] of [
      [LONG, 'Pause'],
      [BROKEN, 'Delete'],
    ] as const) {
      await page.getByRole('button', { name: `Actions for ${name}` }).click();
      await page.getByRole('menuitem', { name: act }).click();
      const dialog = page.getByRole('dialog', { name: `${act} ${name}?` });
      // Ready to be filled in, not to be closed.
      await dialog.getByRole('textbox').and(page.locator(':focus')).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });
});

test('of many replicas the one that does not serve comes first', async () => {
  await inTab(1024, async (page, base) => {
    await page.goto(`${base}agents/${POOL}`);
    const first = page.getByRole('region', { name: 'Every replica' }).getByRole('listitem').first();
    await first.filter({ hasText: `Replica ${ILL_REPLICA}` }).waitFor();
  });
});

const PAGES = [
  '',
  'agents',
  ...['', '?tab=deployments', '?tab=environment', '?tab=egress'].map(
    (tab) => `agents/${LONG}${tab}`,
  ),
  `agents/${POOL}`,
  `calls?agent=${LONG}`,
  'cost',
  'audit',
  'secrets',
  'settings',
];

for (const width of [390, 768, 1024])
  test(`long names make no page wider than a screen of ${width} pixels`, async () => {
    await inTab(width, async (page, base) => {
      for (const path of PAGES) {
        await page.goto(base + path);
        await page.locator('h1').first().waitFor();
        await settled(page);
        await page.waitForFunction(
          () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
        );
      }
    });
  });

for (const width of [390, 768, 1024, 1440])
  test(`a call says what it was beside a long name, on ${width} pixels`, async () => {
    await inTab(width, async (page, base) => {
      await page.goto(`${base}calls?agent=${LONG}`);
      const path = page.getByRole('table').getByText('POST /tickets/of/a/customer').first();
      await path.waitFor();
      // As much of it as lies inside its cell.
      await page.waitForFunction((text) => {
        const shown = [...document.querySelectorAll('[role=cell] bdi')].find((one) =>
          one.textContent?.startsWith(text),
        );
        const cell = shown?.closest('[role=cell]')?.getBoundingClientRect();
        const { left = 0, right = 0 } = shown?.getBoundingClientRect() ?? {};
        return cell !== undefined && Math.min(right, cell.right) - left > 70;
      }, 'POST /tickets');
    });
  });

test('what cannot be copied says so: without TLS a browser has no clipboard for a page', async () => {
  await inTab(1440, async (page, base) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
    });
    await page.goto(`${base}agents/${LONG}`);
    await page.getByRole('button', { name: 'Copy the agent’s address' }).click();
    await page.getByRole('button', { name: /^Not copied/ }).waitFor();
  });
});
