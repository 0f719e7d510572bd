import type { Page } from 'playwright-core';

/** Until nothing on the page says that it is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('[role=status][aria-label^=Loading]') === null,
  );
}
