/** Each act on an agent, from the page to its effect on the system. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import type { AgentResource } from '../../src/contracts/resources.ts';
import { AGENT, type Stage, stage } from './stage.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const HERE = `/dashboard/agents/${AGENT}`;
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');
const confirm = (page: Page, name: string) =>
  dialog(page).getByRole('button', { name, exact: true }).click();

/** Polls the API until the agent is as wanted; the last look is in the failure's message. */
async function agentIs(
  what: string,
  wanted: (agent: AgentResource) => boolean,
): Promise<AgentResource> {
  let last: AgentResource | undefined;
  const found = await waitUntil(
    async () => {
      last = await the.api<AgentResource>('GET', `/v1/agents/${AGENT}`);
      return wanted(last) ? last : undefined;
    },
    { timeoutMs: 120_000, intervalMs: 300 },
  );
  assert.ok(found, `${what}: ${JSON.stringify(last)}`);
  return found;
}

test('scaling asks, scales, and shows it; a second tab shows it too', async () => {
  await the.inTab({ path: HERE }, async ({ page, context }) => {
    const second = await context.newPage();
    await second.goto(`${the.url}/dashboard/agents/${AGENT}`);
    await second.getByText('Replica 0', { exact: true }).waitFor();
    await button(page, 'Scale').click();
    await button(page, 'One more').click();
    await confirm(page, 'Scale to 2');
    await agentIs('wanted by the API', ({ replicas }) => replicas.desired === 2);
    for (const tab of [page, second]) await tab.getByText('Replica 1', { exact: true }).waitFor();
    await agentIs('2 healthy', ({ replicas }) => replicas.healthy === 2);
    await button(second, 'Scale').click();
    await second.getByRole('spinbutton', { name: 'Replicas' }).fill('1');
    await confirm(second, 'Scale to 1');
    await agentIs('1 left', ({ replicas }) => replicas.items.length === 1);
    for (const tab of [page, second])
      await tab.getByText('Replica 1', { exact: true }).waitFor({ state: 'detached' });
  });
});

test('a restart brings another machine', async () => {
  const before = await agentIs('running', ({ state }) => state === 'running');
  await the.inTab({ path: HERE }, async ({ page }) => {
    await button(page, 'Restart').click();
    await confirm(page, 'Restart');
    const machine = ({ replicas }: AgentResource) => replicas.items[0]?.machine?.id;
    const now = await agentIs(
      'another machine serves',
      (agent) =>
        agent.deployment === null &&
        agent.state === 'running' &&
        machine(agent) !== machine(before),
    );
    await page
      .getByText(machine(now)?.slice(-6) ?? '')
      .first()
      .waitFor();
  });
});

test('pausing stops its calls out, says so to everybody, and resuming lets them pass', async () => {
  await the.inTab({ path: HERE }, async ({ page }) => {
    await button(page, 'Pause').click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('<b>costs</b> too much');
    await confirm(page, 'Pause now');
    await page.getByText('<b>costs</b> too much').first().waitFor();
    const { items } = await the.api<{ items: { agent: string | null }[] }>('GET', '/v1/pauses');
    assert.deepEqual(
      items.map(({ agent }) => agent),
      [AGENT],
    );
    await button(page, 'Resume').first().click();
    await confirm(page, 'Resume');
    await button(page, 'Pause').waitFor();
    assert.deepEqual(await the.api('GET', '/v1/pauses'), { items: [] });
  });
});

test('calling it shows the answer as it streams, as text', async () => {
  await the.inTab({ path: `${HERE}?tab=call` }, async ({ page }) => {
    await page.getByRole('textbox', { name: 'Path' }).fill('/chat');
    await page
      .getByRole('textbox', { name: 'Body' })
      .fill('{"messages":[{"content":"<img src=x onerror=__pwned(1)>"}]}');
    await button(page, 'Send').click();
    await page.getByText('streaming').waitFor();
    await page.getByText('status 200').waitFor();
    await page.getByText('<img src=x onerror=__pwned(1)>').last().waitFor();
    await page.getByText('[DONE]').waitFor();
    await page.getByRole('link', { name: 'its run' }).click();
    await page.getByRole('heading', { level: 1, name: /^Run/ }).waitFor();
  });
});

test('a million rows in an answer leave the page answering', async () => {
  await the.inTab({ path: `${HERE}?tab=call` }, async ({ page }) => {
    await page.getByRole('combobox', { name: 'Method' }).selectOption('GET');
    await page.getByRole('textbox', { name: 'Path' }).fill('/rows?count=1000000');
    await button(page, 'Send').click();
    await page.getByText('status 200').waitFor();
    for (let i = 0; i < 10; i++) {
      await page.evaluate(() => document.title);
      await page.mouse.wheel(0, 500);
    }
    await page.getByText('<img src=x onerror=__pwned(1)>').first().waitFor();
    await page.getByText('streaming').waitFor({ state: 'detached', timeout: 240_000 });
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await page.getByRole('heading', { level: 1 }).waitFor();
  });
});

test('a terminal in the machine answers what is typed, and does nothing else', async () => {
  await the.inTab({ path: `${HERE}?tab=terminal` }, async ({ page }) => {
    const title = `${AGENT} · Swarm`;
    await page.waitForFunction((wanted) => document.title === wanted, title);
    await page.getByRole('combobox', { name: 'Shell' }).selectOption('sh');
    await button(page, 'Open').click();
    await page.getByText('Connected').waitFor();
    const screen = page.locator('.xterm-rows');
    await page.locator('.xterm').click();
    await page.keyboard.type('echo be$((40+2))far\n');
    await screen.getByText('be42far').first().waitFor();
    // Title, clipboard, a link and an answerback, as a program inside may send them.
    await page.keyboard.type(
      String.raw`printf '\033]0;pwned\007\033]52;c;cHduZWQ=\007\033]8;;javascript:__pwned(1)\007click\033]8;;\007\033[5n\n'` +
        '\n',
    );
    await screen.getByText('click', { exact: true }).waitFor();
    // The screen lies over its text: where it is said to be a link, it is pressed. Rows are
    // replaced whenever the terminal draws, and one that was just replaced has no place.
    const box = await waitUntil(
      async () => (await screen.getByText('click', { exact: true }).boundingBox()) ?? undefined,
      { timeoutMs: 30_000, intervalMs: 50 },
    );
    assert.ok(box);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    assert.equal(await page.title(), title);
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
    // BusyBox's shell may take what comes right behind an answer of the terminal for a part of it.
    const isOver = async () => {
      await page.keyboard.type('exit\n');
      const over = button(page, 'Reconnect').waitFor({ timeout: 3_000 });
      return over.then(
        () => true,
        () => false,
      );
    };
    assert.ok(await waitUntil(isOver, { timeoutMs: 60_000 }), 'the shell ends');
  });
});

test('a host is allowed, and the policy has the rule', async () => {
  await the.inTab({ path: `${HERE}?tab=egress` }, async ({ page }) => {
    await button(page, 'Allow a host').click();
    await dialog(page).getByRole('textbox', { name: 'Host' }).fill('api.example.test');
    await confirm(page, 'Allow');
    await page.getByText('api.example.test').first().waitFor();
    const egress = await the.api('GET', `/v1/agents/${AGENT}/egress`);
    assert.match(JSON.stringify(egress), /api\.example\.test/);
    await page.getByRole('button', { name: /^Remove rule/ }).click();
    await confirm(page, 'Remove');
    await page.getByText('api.example.test').first().waitFor({ state: 'detached' });
    const after = await the.api('GET', `/v1/agents/${AGENT}/egress`);
    assert.doesNotMatch(JSON.stringify(after), /api\.example\.test/);
  });
});

test('a deployment is shown as it goes, and rolled back to the revision before', async () => {
  await the.inTab({ path: `${HERE}?tab=deployments` }, async ({ page }) => {
    const deployed = the.deploy({ spec: { env: { VERSION: 2 } } });
    await page.getByText('Revision 2').first().waitFor({ timeout: 60_000 });
    await deployed;
    assert.equal(JSON.parse(await the.call('/')).version, '2');
    await page.getByRole('button', { name: 'Roll back to revision 1' }).click();
    await confirm(page, 'Roll back');
    await agentIs(
      'revision 1 serves',
      (agent) => agent.revision === 1 && agent.deployment === null,
    );
    assert.equal(JSON.parse(await the.call('/')).version, '1');
    await page.getByRole('button', { name: 'Roll back to revision 2' }).waitFor();
  });
});
