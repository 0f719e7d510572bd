/** Whether a page kept what it shows inside itself: what was text is text, and nothing moved. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** How long a page may take to answer at all. */
const RESPONSIVE_MS = 10_000;

/** @throws AssertionError that says which element or size is not the page's own */
export async function assertContained(page: Page, what: string): Promise<void> {
  const found = await Promise.race([
    page.evaluate(inspect),
    new Promise<never>((_, reject) => {
      const late = new Error(`${what}: the page does not answer`);
      setTimeout(() => reject(late), RESPONSIVE_MS).unref();
    }),
  ]);
  assert.deepEqual(found, [], what);
}

/** Runs in the page. */
function inspect(): readonly string[] {
  const wrong: string[] = [];
  const own = (url: string) => new URL(url, location.href).origin === location.origin;
  const ours = (url: string | null) =>
    new URL(url ?? '', location.href).href.startsWith(`${location.origin}/dashboard/`);
  const isOurs: Readonly<Record<string, (element: Element) => boolean>> = {
    script: (element) => ours(element.getAttribute('src')),
    img: (element) => ours(element.getAttribute('src')),
    link: (element) => ours(element.getAttribute('href')),
    // Of the terminal and of the palette: with the nonce that only the answer's policy knows.
    style: (element) => (element as HTMLStyleElement).nonce !== '',
    meta: (element) => element.getAttribute('http-equiv') === null,
    form: (element) => element.getAttribute('action') === null,
  };
  const never =
    'iframe,frame,object,embed,base,template,portal,audio,video,marquee,math,foreignObject';
  for (const element of document.querySelectorAll(never)) wrong.push(element.outerHTML);
  for (const element of document.querySelectorAll('*')) {
    const test = isOurs[element.tagName.toLowerCase()];
    if (test !== undefined && !test(element)) wrong.push(element.outerHTML.slice(0, 200));
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || name === 'srcdoc' || name === 'ping') wrong.push(`${name}=${value}`);
      if (!['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name)) continue;
      if (value.startsWith('#') || value.startsWith('blob:')) continue;
      if (!/^https?:$/.test(new URL(value, location.href).protocol) || !own(value))
        wrong.push(`${name}=${value.slice(0, 200)}`);
    }
  }
  for (const child of document.body.children) {
    const known =
      child.id === 'root' ||
      ['SCRIPT', 'NOSCRIPT', 'STYLE'].includes(child.tagName) ||
      // Menus, tooltips, dialogs and toasts stand beside the app, and Radix says that they are its own.
      [...child.attributes].some(({ name }) => name.startsWith('data-radix-')) ||
      child.querySelector('[data-radix-popper-content-wrapper], [role=dialog]') !== null ||
      child.matches('[role=dialog], [role=tooltip], [data-dialog], .xterm-helpers, [aria-live]');
    if (!known) wrong.push(`beside the app: ${child.outerHTML.slice(0, 200)}`);
  }
  if (document.querySelectorAll('#root').length !== 1) wrong.push('another #root');
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) wrong.push(`scrolls sideways: ${scrollWidth} > ${clientWidth}`);
  if (/pwned|[<>\p{Cc}\p{Cf}]/u.test(document.title)) wrong.push(`title: ${document.title}`);
  if (({} as Record<string, unknown>).polluted !== undefined) wrong.push('prototypes are polluted');
  const sheet = document.querySelector('main');
  if (sheet !== null && getComputedStyle(sheet).display === 'none') wrong.push('main is hidden');
  return wrong.slice(0, 20);
}
