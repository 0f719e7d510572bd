/** The page Audit: what it verifies it verifies itself, and what does not fit it says. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { AuditStatus } from '../../src/contracts/audit-status.ts';
import type { EventPage } from '../../src/contracts/event-query.ts';
import type { HoldResource, RetentionResource } from '../../src/contracts/retention.ts';
import { type Stage, stage } from './stage.ts';

let the: Stage;
let eventId: string;
let key: string;
before(async () => {
  the = await stage();
  const { items } = await the.api<EventPage>('GET', '/v1/events?kind=gateway.call&limit=1');
  const [newest] = items;
  assert.ok(newest);
  eventId = newest.id;
  ({ key } = await the.api<AuditStatus>('GET', '/v1/audit'));
});

const verdict = (page: Page, text: RegExp) => page.getByText(text).waitFor();
const steps = (page: Page) => page.getByRole('list', { name: 'What was checked' });
const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

test('an event in the address is verified at once, and its proof holds elsewhere', async (t) => {
  await the.inTab({ path: `/dashboard/audit?event=${eventId}` }, async ({ page }) => {
    await verdict(page, /This event is in the log, as it is shown\. The key is the server’s own/);
    await steps(page).getByText('What is shown').waitFor();
    assert.equal(await page.getByRole('img', { name: 'Does not fit' }).count(), 0);
    const download = page.waitForEvent('download');
    await press(page, 'Download the proof');
    const file = join(tmpdir(), `swarm-browser-${eventId}.proof`);
    t.after(() => rm(file, { force: true }));
    await (await download).saveAs(file);
    await the.swarm.ok(['audit', 'verify', file, '--key', key]);
  });
});

test('a pinned key vouches for the log; another key and a cut-off log are found', async () => {
  await the.inTab({ path: '/dashboard/audit' }, async ({ page }) => {
    const early = await (await the.fetch('/v1/audit/checkpoint')).text();
    await press(page, 'Pin this key');
    await press(page, 'Check the newest checkpoint');
    await verdict(page, /The newest checkpoint is signed by this key/);
    await the.request('/');
    await press(page, 'Check the newest checkpoint');
    await verdict(page, /only added to since/);

    await page.route('**/v1/audit/checkpoint', (route) => route.fulfill({ body: early }));
    await press(page, 'Check the newest checkpoint');
    await verdict(page, /do not rely on this log/);
    await steps(page)
      .getByText(/it was cut off or put back/)
      .waitFor();
    await page.unroute('**/v1/audit/checkpoint');

    await page.getByText('Compare with an older checkpoint').click();
    await page.getByLabel('Older checkpoint').fill(early);
    await press(page, 'Check the newest checkpoint');
    await verdict(page, /only added to since/);
    await page.getByLabel('Older checkpoint').fill(early.replace(/\n\d+\n/, '\n1\n'));
    await press(page, 'Check the newest checkpoint');
    await verdict(page, /do not rely on this log/);

    const other = 'swarm-e3b0c442+11111111+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    await page.route('**/v1/audit', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), key: other } });
    });
    await page.getByText('The server’s key is not the one that is pinned').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });
});

test('swarmd verifies its log when asked, and what it finds wrong is loud', async () => {
  await the.inTab({ path: '/dashboard/audit' }, async ({ page }) => {
    await page
      .getByText(/over \d[\d,]* entries/)
      .first()
      .waitFor();
    await press(page, 'Verify on the server');
    await page.getByRole('link', { name: /^intact, .* entries in / }).waitFor();
    const { verification, checkpoint } = await the.api<AuditStatus>('GET', '/v1/audit');
    assert.equal(verification.last?.verdict, 'intact');
    assert.ok(Date.parse(checkpoint?.time ?? '') > 0);
    assert.equal(await page.getByText(/not what was written/).count(), 0);

    const problem = {
      ...{ code: 'leaf_mismatch', message: '<b>changed</b>', file: 'segments/0.seg' },
      ...{ offset: 9, entry: 4 },
    };
    await page.route('**/v1/audit', async (route) => {
      const status: AuditStatus = await (await route.fetch()).json();
      const last = { ...status.verification.last, verdict: 'damaged', findings: 2, problem };
      await route.fulfill({ json: { ...status, verification: { ...status.verification, last } } });
    });
    const alert = page.getByRole('alert');
    await alert.getByText('The log is not what was written: 2 findings').waitFor();
    await alert
      .getByText('leaf_mismatch: segments/0.seg, byte 9, entry 4: <b>changed</b>')
      .waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByText(/not what was written/).waitFor({ state: 'detached' });
  });
});

test('what the server changes in a proof, or shows beside it, is found', async () => {
  await the.inTab({ path: '/dashboard/audit' }, async ({ page }) => {
    const changes: readonly [string, RegExp, (body: string) => string][] = [
      ['**/v1/audit/proof*', /not what was written/, (body) => body.replace('"ok"', '"error"')],
      [
        '**/v1/audit/proof*',
        /says something else than the rest/,
        (body) => body.replace(/"hashes":\["./, '"hashes":["x'),
      ],
      [
        `**/v1/events/${eventId}`,
        /shows something else than it proves: agent/,
        (body) => body.replace(/"agent":"[^"]+"/, '"agent":"other"'),
      ],
    ];
    for (const [url, why, change] of changes) {
      await page.route(url, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: change(await answer.text()) });
      });
      await page.getByLabel('Event id').fill(eventId);
      await press(page, 'Verify event');
      await verdict(page, /do not rely on this event/);
      await steps(page).getByText(why).waitFor();
      await page.unrouteAll({ behavior: 'wait' });
    }
  });
});

test('retention and holds are set, shown and taken back', async () => {
  const retention = () => the.api<RetentionResource>('GET', '/v1/audit/retention');
  const holds = () => the.api<{ items: HoldResource[] }>('GET', '/v1/audit/holds');
  await the.inTab({ path: '/dashboard/audit' }, async ({ page }) => {
    await press(page, 'Set…');
    await page.getByLabel('Keep content, in days').fill('400');
    await page.getByText('cannot be brought back').waitFor();
    await press(page, 'Set, and erase what is older');
    // The newest events on the page say the same in their words, sooner or later.
    await card(page, 'Retention').getByText('Content 400 days, events for ever').waitFor();
    assert.equal((await retention()).items[0]?.keepPayloadsDays, 400);

    await press(page, 'Place…');
    await page.getByLabel('Name', { exact: true }).fill('case-1');
    await page.getByLabel('Reason').fill('asked <b>by</b> counsel');
    await press(page, 'Place it');
    await card(page, 'Holds').getByText('asked <b>by</b> counsel').waitFor();
    assert.deepEqual(
      (await holds()).items.map(({ name }) => name),
      ['case-1'],
    );

    await press(page, 'Release…');
    await press(page, 'Release it');
    await card(page, 'Holds').getByText('Nothing is held').waitFor();
    await press(page, 'Unset…');
    await press(page, 'Unset it');
    await card(page, 'Retention').getByText('Everything is kept for ever').waitFor();
    assert.deepEqual([(await retention()).items, (await holds()).items], [[], []]);
    await page.getByRole('cell', { name: 'audit.hold_released' }).first().waitFor();
  });
});
