/** A swarmd with the built dashboard, a model that agents can call, and a browser. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { MODEL_HOST, makeOutside } from '../e2e/outside.ts';
import { type Swarm, startSwarm } from '../e2e/swarm-cli.ts';
import {
  type ModelProviders,
  startModelProviders,
} from '../integration/providers/model-providers.ts';
import { buildDashboard } from './built-dashboard.ts';
import { makeHostileAgent, writeHostileManifest } from './hostile-agent.ts';
import { assertNothingWrong, openTab, startBrowser, type Tab, type TabOptions } from './tab.ts';

export const AGENT = 'hostile';
/** What the agent calls its model with, and never has. */
export const MODEL_KEY = 'sk-browser-7c1e0f5a93b2d846';

export interface Dashboard {
  readonly swarm: Swarm;
  readonly browser: Browser;
  readonly models: ModelProviders;
  /** `http://127.0.0.1:PORT`; the same after a restart. */
  readonly url: string;
  /** Folder that the agent is deployed from. */
  readonly folder: string;
  api<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** As `api`, whatever the answer is; with the root token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** A call into the agent, whatever it answers; the body is read and dropped. */
  request(path: string, init?: RequestInit): Promise<void>;
  /** A call into the agent that has to go well. @returns its answer */
  call(path: string, body?: string): Promise<string>;
  deploy(options?: { name?: string; spec?: Record<string, unknown> }): Promise<void>;
  /** A link that signs a browser in once. */
  signInLink(path?: string): Promise<string>;
  /** A signed-in tab on that page; asserts at the end that nothing was wrong, and closes it. */
  inTab(options: TabOptions & { path?: string }, act: (tab: Tab) => Promise<void>): Promise<void>;
  /** Runs before the browser and swarmd are closed. */
  atEnd(step: () => Promise<unknown> | undefined): void;
  close(): Promise<void>;
}

/** Without an agent; see `deployHostile`. Closed, nothing of it is left. */
export async function startDashboard(): Promise<Dashboard> {
  const undo: (() => Promise<unknown> | undefined)[] = [];
  const close = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'swarm-browser-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const agentFolder = await makeHostileAgent();
    undo.push(() => rm(agentFolder, { recursive: true, force: true }));
    await buildDashboard();
    const { caPath, tls } = await makeOutside(folder);
    const models = await startModelProviders({ apiKey: MODEL_KEY, tls });
    undo.push(() => models.close());
    const hosts = join(folder, 'hosts');
    await writeFile(hosts, `127.0.0.1 ${MODEL_HOST} other.swarm.test\n`);
    const port = await freePort();
    const swarm = await startSwarm({
      SWARM_LISTEN: `127.0.0.1:${port}`,
      SWARM_EGRESS_CA_FILE: caPath,
      SWARM_EGRESS_HOSTS_FILE: hosts,
    });
    undo.push(() => swarm.remove());
    const browser = await startBrowser();
    undo.push(() => browser.close());
    const url = `http://127.0.0.1:${port}`;
    const atEnd = (step: () => Promise<unknown> | undefined) => void undo.push(step);
    return makeDashboard({ swarm, browser, models, url, folder: agentFolder, atEnd, close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** The hostile agent with its secret, after its first call to a model. */
export async function deployHostile(the: Dashboard): Promise<void> {
  await the.swarm.ok(['secrets', 'set', 'MODEL_API_KEY', '--host', MODEL_HOST], {
    input: `${MODEL_KEY}\n`,
  });
  await the.deploy();
  await the.call('/call', chatOrder(the.models));
}

/** Tells the agent to ask its model something. */
export function chatOrder({ port }: ModelProviders, content = 'hello'): string {
  return JSON.stringify({
    url: `https://${MODEL_HOST}:${port}/v1/chat/completions`,
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }),
  });
}

function makeDashboard(
  parts: Pick<Dashboard, 'swarm' | 'browser' | 'models' | 'url' | 'folder' | 'atEnd' | 'close'>,
): Dashboard {
  const { swarm, browser, models, url, folder } = parts;
  const fetchIt: Dashboard['fetch'] = async (path, init = {}) => {
    const token = (await readFile(join(swarm.home, 'token'), 'utf8')).trim();
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(120_000) });
  };
  const send = async (method: string, path: string, body?: string) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetchIt(path, { method, headers, ...(body !== undefined && { body }) });
    const text = await answer.text();
    assert.ok(answer.status < 400, `${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
    return text;
  };
  const api: Dashboard['api'] = async <T>(method: string, path: string, body?: unknown) => {
    const text = await send(method, path, body === undefined ? undefined : JSON.stringify(body));
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const signInLink: Dashboard['signInLink'] = async (path = '/dashboard/') => {
    const { code } = await api<{ code: string }>('POST', '/v1/sign-in-codes');
    return `${url}${path}#code=${code}`;
  };
  return {
    ...{ ...parts, api, signInLink, fetch: fetchIt },
    request: async (path, init) => {
      const answer = await fetchIt(`/agents/${AGENT}${path}`, init);
      await answer.arrayBuffer();
    },
    call: (path, body) =>
      send(body === undefined ? 'GET' : 'POST', `/agents/${AGENT}${path}`, body),
    deploy: async ({ spec = {}, ...options } = {}) => {
      const rule = { host: MODEL_HOST, ports: [models.port], ranges: ['127.0.0.0/8'] };
      const file = await writeHostileManifest(folder, {
        ...options,
        spec: { egress: { allow: [rule] }, ...spec },
      });
      await swarm.ok(['deploy', '--agent', file]);
    },
    inTab: async ({ path, ...options }, act) => {
      const tab = await openTab(browser, { origin: url, ...options });
      try {
        await tab.page.goto(await signInLink(path));
        await tab.page.getByRole('main').waitFor();
        await act(tab);
        await assertNothingWrong(tab);
      } finally {
        await tab.close();
      }
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
