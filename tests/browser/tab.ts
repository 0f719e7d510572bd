/** A tab of the real browser that notes everything a page of the dashboard must never do. */
import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** How long anything may take to be on the page. */
const TIMEOUT_MS = 40_000;

export interface TabOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Console messages that the test itself causes. */
  readonly expected?: readonly RegExp[];
  /** Only for tools that have to bring scripts of their own. */
  readonly bypassCsp?: boolean;
}

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Everything wrong so far: errors, violations of the policy, dialogs, requests elsewhere. */
  wrong(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ARGUMENTS, headless: true });
}

function chromiumPath(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'chromium');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there; in the next perhaps.
    }
  }
  throw new Error('there is no chromium on PATH; ./swarm dev check installs it');
}

/** An empty tab with cookies of its own. `origin`: the only one that it may ask for anything. */
export async function openTab(
  browser: Browser,
  { origin, ...options }: TabOptions & { readonly origin: string },
): Promise<Tab> {
  const { theme = 'light', width = 1440, height = 900, expected = [] } = options;
  const context = await browser.newContext({
    ...{ colorScheme: theme, viewport: { width, height }, timezoneId: 'Europe/Berlin' },
    ...{ locale: 'en-GB', reducedMotion: 'reduce', acceptDownloads: true },
    bypassCSP: options.bypassCsp ?? false,
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  context.setDefaultNavigationTimeout(TIMEOUT_MS);
  const seen: string[] = [];
  // Payloads call it: it is there, so that one that runs is not mistaken for one that fails.
  await context.exposeBinding('__pwned', ({ frame }, what: unknown) => {
    seen.push(`a payload ran in ${frame.url()}: ${String(what)}`);
  });
  await context.addInitScript(noteViolations);
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'data:')
      seen.push(`a request elsewhere: ${request.url().slice(0, 200)}`);
  });
  context.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error' && !/Content.Security.Policy|TrustedHTML/i.test(text)) return;
    if (!expected.some((pattern) => pattern.test(text)))
      seen.push(`console: ${text.slice(0, 500)}`);
  });
  context.on('weberror', (error) => seen.push(`page error: ${error.error().stack}`));
  context.on('dialog', (dialog) => {
    seen.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const page = await context.newPage();
  return {
    ...{ page, context },
    wrong: async () => {
      const violations = await Promise.all(context.pages().map(violationsOf));
      return [...seen, ...violations.flat()];
    },
    close: () => context.close(),
  };
}

export async function assertNothingWrong(tab: Tab): Promise<void> {
  assert.deepEqual(await tab.wrong(), []);
}

declare global {
  interface Window {
    __violations?: string[];
  }
}

/** Runs in the page, before anything of its own. */
function noteViolations(): void {
  window.__violations = [];
  addEventListener('securitypolicyviolation', (event) => {
    window.__violations?.push(
      `policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample} ${event.sourceFile}:${event.lineNumber}`,
    );
  });
}

async function violationsOf(page: Page): Promise<readonly string[]> {
  if (page.isClosed()) return [];
  return page.evaluate(() => window.__violations ?? []).catch(() => []);
}
