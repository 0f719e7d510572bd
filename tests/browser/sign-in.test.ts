/** Who gets into the dashboard, how long, and what every other origin gets: nothing. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Stage, stage } from './stage.ts';
import { assertNothingWrong, openTab } from './tab.ts';

let the: Stage;
before(async () => {
  the = await stage();
});

const SIGN_IN = { name: 'Sign in to Swarm' };

test('a code signs in once; a second use says why it does not', async () => {
  const tab = await openTab(the.browser, { origin: the.url, expected: [/401/] });
  try {
    const link = await the.signInLink();
    await tab.page.goto(link);
    await tab.page.getByRole('navigation', { name: 'Pages' }).first().waitFor();
    assert.equal(new URL(tab.page.url()).hash, '', 'the code stays in no history');
    const other = await openTab(the.browser, { origin: the.url, expected: [/401/] });
    try {
      await other.page.goto(link);
      await other.page.getByRole('heading', SIGN_IN).waitFor();
      const told = await other.page.getByRole('alert').textContent();
      assert.match(told ?? '', /sign_in_code_invalid/);
      await assertNothingWrong(other);
    } finally {
      await other.close();
    }
    await assertNothingWrong(tab);
  } finally {
    await tab.close();
  }
});
