/** What a browser that was never here loads, and when the Overview has its first real figure. */
import type { Page } from 'playwright-core';
import type { Dashboard } from '../../tests/browser/start-dashboard.ts';
import { openTab } from '../../tests/browser/tab.ts';
import type { BenchContext } from '../bench.ts';

const REPEATS = 7;
const MAX_BYTES = 250_000;
const MAX_FIGURE_MS = 1_000;

declare global {
  interface Window {
    __firstFigureMs?: number;
  }
}

export async function benchFirstPage(context: BenchContext, the: Dashboard): Promise<void> {
  const bytes: number[] = [];
  const figures: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    context.signal.throwIfAborted();
    const loaded = await loadOverview(the);
    bytes.push(loaded.bytes);
    figures.push(loaded.figureMs);
  }
  const note = 'Overview, nothing cached, signed in before';
  context.report({
    ...{ name: 'dashboard.first_page.bytes', unit: 'bytes', values: bytes },
    ...{ target: { atMost: MAX_BYTES }, note: `${note}; heads and bodies of all files` },
  });
  context.report({
    ...{ name: 'dashboard.first_page.first_figure', unit: 'ms', values: figures },
    ...{ target: { atMost: MAX_FIGURE_MS }, note: `${note}; from the navigation on` },
  });
}

async function loadOverview(the: Dashboard): Promise<{ bytes: number; figureMs: number }> {
  const tab = await openTab(the.browser, { origin: the.url });
  try {
    const { page, context } = tab;
    await page.goto(await the.signInLink('/dashboard/audit'));
    await page.getByRole('main').waitFor();
    const protocol = await context.newCDPSession(page);
    await protocol.send('Network.enable');
    await protocol.send('Network.clearBrowserCache');
    const isFile = new Map<string, boolean>();
    let bytes = 0;
    protocol.on('Network.requestWillBeSent', ({ requestId, request }) => {
      isFile.set(requestId, new URL(request.url).pathname.startsWith('/dashboard/'));
    });
    protocol.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (isFile.get(requestId)) bytes += encodedDataLength;
    });
    await page.addInitScript(noteFirstFigure);
    await page.goto(`${the.url}/dashboard/`);
    const figureMs = await firstFigure(page);
    // Charts and what else the page asks for after its figures.
    await page.waitForTimeout(1_500);
    return { bytes, figureMs };
  } finally {
    await tab.close();
  }
}

async function firstFigure(page: Page): Promise<number> {
  const found = await page.waitForFunction(() => window.__firstFigureMs, undefined, {
    timeout: 30_000,
  });
  return (await found.jsonValue()) ?? Number.NaN;
}

/** Runs in the page: a figure is a link to the calls behind it, with a digit other than 0 in it. */
function noteFirstFigure(): void {
  const look = () => {
    for (const link of document.querySelectorAll('main a[href*="/calls?"]')) {
      if (!/[1-9]/.test(link.textContent ?? '')) continue;
      // As the next frame shows it.
      requestAnimationFrame(() => {
        window.__firstFigureMs ??= performance.now();
      });
      observer.disconnect();
      return;
    }
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true, characterData: true });
}
