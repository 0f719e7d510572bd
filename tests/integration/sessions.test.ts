/** Signing in to the dashboard, and what a session can and cannot do, against swarmd's own server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { waitUntil } from '../../src/base/wait.ts';
import type { NewSession, SessionResource } from '../../src/contracts/session.ts';
import { type Answer, type ApiStage, openApiStage } from './api-stage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let stage: ApiStage;
/** Time passes for swarmd when a test says so. */
let laterMs = 0;
before(async () => {
  stage = await openApiStage({ parts: { clock: { nowMs: () => Date.now() + laterMs } } });
});
after(() => stage.close());

interface SignedIn extends NewSession {
  readonly cookie: string;
  /** What the page's requests carry. */
  readonly headers: { readonly cookie: string; readonly 'swarm-session': string };
}

async function signIn(token: string = stage.token): Promise<SignedIn> {
  const { code } = (await stage.call('POST', '/v1/sign-in-codes', { token })).json;
  const answer = await stage.call('POST', '/v1/sessions', { token: null, body: { code } });
  assert.equal(answer.status, 201, answer.text);
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const headers = { cookie, 'swarm-session': answer.json.headerToken };
  return { ...answer.json, cookie, headers };
}

const asPage = (
  { headers }: Pick<SignedIn, 'headers'>,
  method = 'GET',
  path = '/v1/agents',
  more: Record<string, string> = {},
): Promise<Answer> => stage.call(method, path, { token: null, headers: { ...headers, ...more } });

async function refused(answer: Promise<Answer>, [status, code]: [number, string]): Promise<Answer> {
  const { json } = await answer;
  assert.deepEqual([json?.status, json?.code], [status, code], JSON.stringify(json));
  return answer;
}

test('a code is good once, and its cookie is for this site’s own requests', async () => {
  const made = await stage.call('POST', '/v1/sign-in-codes');
  const { code, path, expiresAt } = made.json;
  assert.equal(path, `/dashboard/#code=${code}`);
  assert.match(code, /^[0-9a-z]{32}$/);
  assert.ok(Date.parse(expiresAt) <= Date.now() + MINUTE_MS);
  const body = { code };
  const first = await stage.call('POST', '/v1/sessions', {
    ...{ token: null, body, headers: { 'user-agent': `browser ${'x'.repeat(300)}` } },
  });
  assert.equal(first.status, 201, first.text);
  const attributes = (first.headers.get('set-cookie') ?? '').split('; ');
  assert.match(attributes[0] ?? '', /^swarm_session=ses_[0-9a-z]{20}\.[0-9a-z]{32}$/);
  assert.deepEqual(attributes.slice(1), [
    ...['HttpOnly', 'SameSite=Strict', 'Path=/', `Max-Age=${7 * 24 * 3600}`],
  ]);
  assert.deepEqual(
    [first.json.name, first.json.scopes, first.json.current],
    ['root', ['admin'], true],
  );
  assert.equal(first.json.client.length, 200);
  const again = stage.call('POST', '/v1/sessions', { token: null, body });
  await refused(again, [401, 'sign_in_code_invalid']);
});

test('behind TLS the cookie goes over TLS only', async () => {
  const { code } = (await stage.call('POST', '/v1/sign-in-codes')).json;
  const headers = { 'x-forwarded-proto': 'https' };
  const answer = await stage.call('POST', '/v1/sessions', { token: null, body: { code }, headers });
  assert.match(answer.headers.get('set-cookie') ?? '', /; Secure$/);
});

test('codes end after a minute, with their token, and are bounded', async () => {
  const code = async (token?: string) =>
    (await stage.call('POST', '/v1/sign-in-codes', token === undefined ? {} : { token })).json.code;
  const use = (given: string) =>
    stage.call('POST', '/v1/sessions', { token: null, body: { code: given } });
  const old = await code();
  laterMs += MINUTE_MS;
  await refused(use(old), [401, 'sign_in_code_invalid']);

  const token = await stage.client.createToken({ name: 'brief', scopes: ['read'] });
  const orphan = await code(token.value);
  await stage.client.deleteToken(token.id);
  await refused(use(orphan), [401, 'sign_in_code_invalid']);

  const codes: string[] = [];
  for (let i = 0; i < 11; i++) codes.push(await code());
  await refused(use(codes[0] ?? ''), [401, 'sign_in_code_invalid']);
  assert.equal((await use(codes[10] ?? '')).status, 201);
});

test('who may not look may not sign in', async () => {
  const { value } = await stage.client.createToken({ name: 'caller', scopes: ['invoke'] });
  await refused(stage.call('POST', '/v1/sign-in-codes', { token: value }), [403, 'not_permitted']);
});

test('cookie and header together are a credential; either alone is none', async () => {
  const page = await signIn();
  const { cookie } = page;
  assert.equal((await asPage(page)).status, 200);
  const get = (headers: Record<string, string>) =>
    stage.call('GET', '/v1/agents', { token: null, headers });
  await refused(get({ cookie }), [401, 'token_missing']);
  await refused(get({ 'swarm-session': page.headerToken }), [401, 'session_ended']);
  const other = await signIn();
  const mixed = await refused(get({ cookie, 'swarm-session': other.headerToken }), [
    401,
    'session_header_wrong',
  ]);
  assert.match(mixed.headers.get('www-authenticate') ?? '', /^Bearer/);
});

test('a changed letter in cookie or header makes neither hold', async () => {
  const page = await signIn();
  const change = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.boolean(), async (n, inCookie) => {
      const value = inCookie ? page.cookie.slice('swarm_session='.length) : page.headerToken;
      const changed = change(value, n % value.length);
      const headers = inCookie
        ? { ...page.headers, cookie: `swarm_session=${changed}` }
        : { ...page.headers, 'swarm-session': changed };
      assert.equal((await asPage({ headers })).status, 401);
    }),
    { numRuns: 40 },
  );
  assert.equal((await asPage(page)).status, 200);
});

test('a cookie of the same name that somebody else set is in nobody’s way', async () => {
  const page = await signIn();
  const cookie = `swarm_session=x; theme=dark; swarm_session=ses_${'0'.repeat(20)}.${'0'.repeat(32)}; ${page.cookie}`;
  assert.equal((await asPage({ headers: { ...page.headers, cookie } })).status, 200);
});

test('a page of another origin gets nothing', async () => {
  const page = await signIn();
  const own = new URL(stage.url).origin;
  assert.equal((await asPage(page, 'GET', '/v1/agents', { origin: own })).status, 200);
  const foreign = ['http://evil.example', 'null', 'http://127.0.0.1:1', `${own}.evil.example`, ''];
  for (const origin of foreign)
    for (const method of ['GET', 'POST', 'DELETE']) {
      const path = method === 'GET' ? '/v1/agents' : '/v1/sessions/current';
      const asked = method === 'POST' ? '/v1/sign-in-codes' : path;
      await refused(asPage(page, method, asked, { origin }), [403, 'origin_not_allowed']);
    }
  assert.equal((await asPage(page)).status, 200);
  const preflight = await stage.call('OPTIONS', '/v1/agents', {
    token: null,
    headers: { origin: 'http://evil.example', 'access-control-request-headers': 'swarm-session' },
  });
  assert.deepEqual(
    [...preflight.headers.keys()].filter((name) => name.startsWith('access-control')),
    [],
  );
});

test('a page that was loaded again asks with both halves, and is told neither', async () => {
  const page = await signIn();
  const own = await asPage(page, 'GET', '/v1/sessions/current');
  assert.deepEqual([own.status, own.json.id, own.json.current], [200, page.id, true]);
  const secret = page.cookie.split('.')[1] ?? '';
  assert.ok(!own.text.includes(page.headerToken) && !own.text.includes(secret));
  const ask = (headers: Record<string, string>) =>
    stage.call('GET', '/v1/sessions/current', { token: null, headers });
  await refused(ask({ cookie: page.cookie }), [401, 'token_missing']);
  await refused(ask({ 'swarm-session': page.headerToken }), [401, 'session_ended']);
  await refused(stage.call('GET', '/v1/sessions/current'), [404, 'session_not_found']);
});

test('a session can do what its token can, and no more', async () => {
  const { value } = await stage.client.createToken({ name: 'reader', scopes: ['read'] });
  const page = await signIn(value);
  assert.equal((await asPage(page)).status, 200);
  await refused(asPage(page, 'GET', '/v1/tokens'), [403, 'not_permitted']);
  const admin = await signIn();
  const seen = (await asPage(page, 'GET', '/v1/sessions')).json.items as SessionResource[];
  assert.deepEqual(
    seen.map(({ id, current }) => [id, current]),
    [[page.id, true]],
  );
  await refused(asPage(page, 'DELETE', `/v1/sessions/${admin.id}`), [404, 'session_not_found']);
  const all = (await asPage(admin, 'GET', '/v1/sessions')).json.items as SessionResource[];
  assert.ok(all.some(({ id }) => id === page.id));
  assert.ok(all.every(({ id, current }) => current === (id === admin.id)));
  assert.ok(!JSON.stringify(all).includes(admin.headerToken));
});

test('a session ends: signed out, revoked, idle, too old, with its token', async () => {
  const ends = async (end: (page: SignedIn) => Promise<unknown>, why: RegExp, token?: string) => {
    const page = await signIn(token);
    await end(page);
    const answer = await refused(asPage(page), [401, 'session_ended']);
    assert.match(answer.json.detail, why);
    assert.match(answer.json.remedy, /swarm dashboard/);
  };
  await ends(async (page) => {
    const answer = await asPage(page, 'DELETE', '/v1/sessions/current');
    assert.equal(answer.status, 204);
    assert.match(answer.headers.get('set-cookie') ?? '', /^swarm_session=; .*Max-Age=0$/);
  }, /was ended at/);
  await ends((page) => stage.client.endSession(page.id), /was ended at/);
  await ends(async () => {
    laterMs += 12 * HOUR_MS;
  }, /nobody used it for 12 hours/);
  await ends(async (page) => {
    for (let hours = 0; hours < 7 * 24; hours += 8) {
      assert.equal((await asPage(page)).status, 200);
      laterMs += 8 * HOUR_MS;
    }
  }, /expired at/);
  const brief = await stage.client.createToken({ name: 'brief', scopes: ['read'] });
  await ends(() => stage.client.deleteToken(brief.id), /with the token/, brief.value);
  const expiring = await stage.client.createToken({
    ...{ name: 'expiring', scopes: ['read'] },
    expiresAt: new Date(Date.now() + laterMs + HOUR_MS).toISOString(),
  });
  await ends(
    async () => {
      laterMs += HOUR_MS;
    },
    /when the token expired/,
    expiring.value,
  );
});

test('a session that asks for a code gives no more time than it has itself', async () => {
  const page = await signIn();
  laterMs += 2 * HOUR_MS;
  const { code } = (await asPage(page, 'POST', '/v1/sign-in-codes')).json;
  const next = await stage.call('POST', '/v1/sessions', { token: null, body: { code } });
  assert.equal(next.json.expiresAt, page.expiresAt);
});

test('of too many sessions of one token the one that was not used for longest ends', async () => {
  const { value } = await stage.client.createToken({ name: 'many', scopes: ['read'] });
  const first = await signIn(value);
  laterMs += MINUTE_MS;
  const second = await signIn(value);
  laterMs += MINUTE_MS;
  assert.equal((await asPage(first)).status, 200);
  for (let i = 0; i < 99; i++) await signIn(value);
  await refused(asPage(second), [401, 'session_ended']);
  assert.equal((await asPage(first)).status, 200);
});

test('signing in and out is in the audit log, with the session and its token', async () => {
  const page = await signIn();
  await asPage(page, 'POST', '/v1/agents/none/restart');
  await asPage(page, 'DELETE', '/v1/sessions/current');
  await stage.call('POST', '/v1/sessions', { token: null, body: { code: 'made-up-code' } });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came.
  const find = async (kind: string, isMeant: (event: any) => boolean) => {
    const found = await waitUntil(
      async () => {
        const answer = await stage.call('GET', `/v1/events?kind=${kind}&limit=20`);
        const event = answer.json?.items?.find(isMeant);
        return event?.status === 'open' ? undefined : event;
      },
      { timeoutMs: 20_000 },
    );
    assert.ok(found, kind);
    const text = JSON.stringify(found);
    assert.ok(!text.includes(page.headerToken) && !text.includes('made-up-code'));
    return found;
  };
  const started = await find('session.started', (one) => one.attributes?.after?.id === page.id);
  assert.deepEqual([started.status, started.attributes.after.id], ['ok', page.id]);
  assert.equal(started.actor.token, page.token);
  const ended = await find('session.ended', (one) => one.attributes?.before?.id === page.id);
  assert.deepEqual(
    [ended.actor.auth, ended.actor.name, ended.actor.token, ended.attributes.before.id],
    ['session', 'root', page.token, page.id],
  );
  const refusal = await find('sign_in.refused', () => true);
  assert.deepEqual(
    [refusal.status, refusal.actor.type, refusal.error.code],
    ['refused', 'anonymous', 'sign_in_code_invalid'],
  );
});
