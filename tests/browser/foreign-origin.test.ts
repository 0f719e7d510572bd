/**
 * What a page of another origin gets while its visitor is signed in. It stands on another port of
 * the same host: for cookies that is the same site, so SameSite does not help.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, test } from 'node:test';
import type { Request } from 'playwright-core';
import { waitUntil } from '../../src/base/wait.ts';
import type { AgentResource } from '../../src/contracts/resources.ts';
import type { SessionResource } from '../../src/contracts/session.ts';
import { AGENT, type Stage, stage } from './stage.ts';
import { openTab, type Tab } from './tab.ts';

let the: Stage;
let server: Server;
let foreign: string;
let tab: Tab;

before(async () => {
  the = await stage();
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Foreign</title><body>');
  }).listen(0, '127.0.0.1');
  the.atEnd(async () => server.close());
  await once(server, 'listening');
  foreign = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Chromium says of each attempt that it was refused.
  tab = await openTab(the.browser, { origin: the.url, expected: [/./] });
  the.atEnd(() => tab.close());
  await tab.page.goto(await the.signInLink());
  await tab.page.getByRole('navigation', { name: 'Pages' }).first().waitFor();
});

/** A page of the foreign origin, in the browser that is signed in. */
async function inForeign<T>(act: (page: Tab['page']) => Promise<T>): Promise<T> {
  const page = await tab.context.newPage();
  try {
    await page.goto(foreign);
    return await act(page);
  } finally {
    await page.close();
  }
}

const READS = [
  '/v1/agents',
  '/v1/sessions/current',
  '/v1/overview',
  '/v1/live',
  '/v1/events',
  '/v1/audit/export',
  '/v1/secrets',
  `/agents/${AGENT}/`,
  '/dashboard/',
];

test('it reads nothing, with and without the headers that our page sends', async () => {
  for (const path of READS)
    for (const headers of [{}, { 'swarm-session': 'x' }]) {
      const got = await inForeign((page) =>
        page.evaluate(
          async ({ url, headers }) => {
            try {
              const answer = await fetch(url, { credentials: 'include', headers });
              return `${answer.status} ${(await answer.text()).slice(0, 100)}`;
            } catch (error) {
              return (error as Error).name;
            }
          },
          { url: the.url + path, headers },
        ),
      );
      assert.equal(got, 'TypeError', `${path} ${JSON.stringify(headers)}`);
    }
});

/** Five by a form, by a request and by a beacon, whose answers Chromium keeps from the page. */
const ATTEMPTS = 15;

test('it changes nothing by a form, by a request without CORS, or by a beacon', async () => {
  const state = async () => {
    const agent = await the.api<AgentResource>('GET', `/v1/agents/${AGENT}`);
    const sessions = await the.api<{ items: SessionResource[] }>('GET', '/v1/sessions');
    const tokens = await the.api<{ items: unknown[] }>('GET', '/v1/tokens');
    const restarts = agent.replicas.items[0]?.restarts;
    return [
      agent.replicas.desired,
      agent.state,
      restarts,
      sessions.items.length,
      tokens.items.length,
    ];
  };
  const before = await state();
  const answers = await inForeign(async (page) => {
    const statuses: string[] = [];
    // The dashboard in the other tab goes on asking for what it shows.
    const isAttempt = (request: Request) =>
      request.url().startsWith(the.url) && request.method() === 'POST';
    page.context().on('response', (answer) => {
      if (isAttempt(answer.request())) statuses.push(`${answer.status()} ${answer.url()}`);
    });
    page.context().on('requestfailed', (request) => {
      const why = request.failure()?.errorText;
      if (isAttempt(request)) statuses.push(`${why} ${request.url()}`);
    });
    await page.evaluate(
      async ({ url, agent }) => {
        const changes = [
          [`/v1/agents/${agent}/scale`, '{"replicas":0}'],
          [`/v1/agents/${agent}/pause`, '{}'],
          ['/v1/tokens', '{"name":"x","scopes":["admin"]}'],
          ['/v1/sign-in-codes', ''],
          [`/agents/${agent}/exit`, ''],
        ] as const;
        for (const [path, body] of changes) {
          const bare = { method: 'POST', body, credentials: 'include', mode: 'no-cors' } as const;
          await fetch(url + path, bare).catch(() => undefined);
          navigator.sendBeacon(url + path, body);
          const frame = document.createElement('iframe');
          frame.name = path;
          document.body.append(frame);
          const form = document.createElement('form');
          Object.assign(form, { method: 'post', action: url + path, target: path });
          form.enctype = 'text/plain';
          const input = document.createElement('input');
          // As text/plain it is `{"replicas":0,"a":"="}`: JSON.
          Object.assign(input, { name: `${body.replace(/\}$/, '')},"a":"`, value: '"}' });
          form.append(input);
          document.body.append(form);
          form.submit();
          // It shows the answer when it is of another origin than this page.
          for (let i = 0; i < 100 && frame.contentDocument !== null; i++)
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      { url: the.url, agent: AGENT },
    );
    // Answers to beacons come when they come.
    await waitUntil(() => statuses.length >= ATTEMPTS, { timeoutMs: 20_000 });
    return statuses;
  });
  assert.deepEqual(await state(), before);
  assert.ok(answers.length >= ATTEMPTS, `the attempts reached swarmd: ${answers.join(', ')}`);
  assert.deepEqual(
    answers.filter(
      (line) =>
        !/^(4\d\d|net::ERR_BLOCKED_BY_RESPONSE(\.NotSameOrigin)?|net::ERR_ABORTED) /.test(line),
    ),
    [],
  );
});

test('it opens no stream and no socket', async () => {
  const got = await inForeign((page) =>
    page.evaluate(
      async ({ url, agent }) => {
        const settled = (target: EventTarget) =>
          new Promise<string>((resolve) => {
            for (const name of ['open', 'message', 'error', 'close'])
              target.addEventListener(name, () => resolve(name));
          });
        const exec = `${url.replace('http', 'ws')}/v1/agents/${agent}/exec?command=id`;
        return [
          await settled(new EventSource(`${url}/v1/live`, { withCredentials: true })),
          await settled(new WebSocket(exec)),
          await settled(new WebSocket(exec, ['swarm-exec', 'swarm-session.x'])),
        ];
      },
      { url: the.url, agent: AGENT },
    ),
  );
  assert.deepEqual(got, ['error', 'error', 'error']);
});

test('it cannot show the dashboard in a frame, nor hold on to a window of it', async () => {
  const got = await inForeign(async (page) => {
    const opened = page.waitForEvent('popup');
    const held = page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = `${url}/dashboard/`;
      document.body.append(frame);
      const other = window.open(`${url}/dashboard/`, 'popup');
      return new Promise<boolean>((resolve) => {
        const look = (left: number) => {
          const closed = other?.closed ?? true;
          if (closed || left === 0) resolve(closed);
          else setTimeout(look, 100, left - 1);
        };
        look(150);
      });
    }, the.url);
    const popup = await opened;
    await popup.getByRole('navigation', { name: 'Pages' }).first().waitFor();
    const opener = await popup.evaluate(() => window.opener === null);
    const frame = page.frames().find((one) => one.parentFrame() !== null);
    const framed = await frame?.evaluate(() => document.querySelector('#root') !== null);
    // Before this closes it: then it would be closed for everybody.
    const closed = await held;
    await popup.close();
    return { closed, opener, framed };
  });
  assert.deepEqual(got, { closed: true, opener: true, framed: false });
});

test('what an agent answers is no page of this origin', async () => {
  const page = await tab.context.newPage();
  try {
    const answer = await page.goto(`${the.url}/agents/${AGENT}/`);
    // A navigation carries the cookie alone.
    assert.equal(answer?.status(), 401);
    assert.match(answer?.headers()['content-type'] ?? '', /^application\/problem\+json/);
  } finally {
    await page.close();
  }
});
