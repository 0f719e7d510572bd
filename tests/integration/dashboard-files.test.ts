/** The dashboard's files as swarmd serves them: caching, compression, policy, and nothing beside them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type ApiStage, openApiStage } from './api-stage.ts';

const PAGE =
  '<!doctype html><meta property="csp-nonce" nonce="__SWARM_CSP_NONCE__"><div id="root"></div>';
const SCRIPT = `console.log('dashboard');\n`.repeat(200);

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
});
after(() => stage.close());

async function build(script = SCRIPT, name = 'index-1.js', page = PAGE): Promise<void> {
  const folder = join(stage.home, 'dashboard');
  const next = `${folder}.next`;
  await mkdir(join(next, 'assets'), { recursive: true });
  await writeFile(join(next, 'index.html'), page);
  await writeFile(join(next, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(next, 'assets', name), script);
  await writeFile(join(next, 'assets', `${name}.br`), brotliCompressSync(script));
  await writeFile(join(next, 'assets', `${name}.gz`), gzipSync(script));
  await rm(folder, { recursive: true, force: true });
  await rename(next, folder);
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The path as it is given, and the body as it came. */
async function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Got> {
  const { hostname, port } = new URL(stage.url);
  const outgoing = request({ ...{ hostname, port, path, headers, method, agent: false } });
  outgoing.end();
  const [answer] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
}

function directives(policy: string | string[] | undefined): Map<string, string> {
  const all = String(policy).split('; ');
  return new Map(all.map((one) => [one.split(' ', 1)[0] ?? '', one.slice(one.indexOf(' ') + 1)]));
}

test('not built: says the command that builds it', async () => {
  for (const path of ['/dashboard/', '/dashboard/assets/index-1.js']) {
    const answer = await get(path);
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /\.\/swarm dashboard/);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
  }
});

test('the root leads to the dashboard', async () => {
  for (const path of ['/', '/dashboard']) {
    const answer = await get(path);
    assert.deepEqual([answer.status, answer.headers.location], [302, '/dashboard/']);
  }
});

test('the page has a policy that lets only its own files run', async () => {
  await build();
  const answer = await get('/dashboard/');
  assert.equal(answer.status, 200);
  const policy = directives(answer.headers['content-security-policy']);
  const expected: Record<string, string> = {
    ...{ 'default-src': "'none'", 'script-src': "'self'", 'connect-src': "'self'" },
    ...{ 'base-uri': "'none'", 'form-action': "'none'", 'frame-ancestors': "'none'" },
    ...{ 'require-trusted-types-for': "'script'", 'trusted-types': "'none'" },
    ...{ 'img-src': "'self' data:", 'font-src': "'self'" },
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(policy.get(name), value, name);
  assert.doesNotMatch(String(answer.headers['content-security-policy']), /unsafe|\*|https?:/);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin');
  assert.match(String(answer.headers['permissions-policy']), /camera=\(\)/);
});

test('the nonce for styles is another one with each answer, and stands in the page', async () => {
  const nonces = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { headers, body } = await get('/dashboard/', { 'if-none-match': '*' });
    const styles = directives(headers['content-security-policy']).get('style-src') ?? '';
    const nonce = /^'self' 'nonce-([\w-]{24})'$/.exec(styles)?.[1] ?? '';
    assert.equal(body.toString(), PAGE.replace('__SWARM_CSP_NONCE__', nonce));
    assert.deepEqual([headers['cache-control'], headers.etag], ['no-cache', undefined]);
    nonces.add(nonce);
  }
  assert.equal(nonces.size, 3);
});

test('every route of the app is the page; a file that is not there is none', async () => {
  for (const path of ['agents', 'agents/desk/logs', 'calls?status=error&q=a.b', 'index.html'])
    assert.match((await get(`/dashboard/${path}`)).body.toString(), /id="root"/, path);
  for (const path of ['assets/none.js', 'robots.txt', 'agents/x.map', 'assets/index-1.js.br'])
    assert.equal((await get(`/dashboard/${path}`)).status, 404, path);
});

test('assets are kept for ever, and come as small as the browser takes them', async () => {
  const path = '/dashboard/assets/index-1.js';
  const unpack = {
    br: (body: Buffer) => brotliDecompressSync(body),
    gzip: (body: Buffer) => gunzipSync(body),
    none: (body: Buffer) => body,
  };
  const cases: [string | undefined, keyof typeof unpack][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0.5', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['*', 'br'],
    ['*;q=0', 'none'],
    ['deflate', 'none'],
    [undefined, 'none'],
  ];
  const etags = new Set<unknown>();
  for (const [accepted, coding] of cases) {
    const { headers, body } = await get(path, accepted ? { 'accept-encoding': accepted } : {});
    assert.equal(headers['content-encoding'] ?? 'none', coding, accepted ?? '');
    assert.equal(unpack[coding](body).toString(), SCRIPT);
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(headers.vary, 'accept-encoding');
    etags.add(headers.etag);
    const known = await get(path, {
      ...(accepted && { 'accept-encoding': accepted }),
      'if-none-match': String(headers.etag),
    });
    assert.deepEqual([known.status, known.body.length], [304, 0]);
  }
  assert.equal(etags.size, 3);
  const head = await get(path, {}, 'HEAD');
  assert.deepEqual([head.status, head.headers['content-length']], [200, String(SCRIPT.length)]);
});

test('a page without a nonce is asked for again only when it changed', async () => {
  await build(SCRIPT, 'index-1.js', '<!doctype html><div id="root"></div>');
  const first = await get('/dashboard/');
  const policy = directives(first.headers['content-security-policy']);
  assert.equal(policy.get('style-src'), "'self'");
  const again = await get('/dashboard/', { 'if-none-match': String(first.headers.etag) });
  assert.equal(again.status, 304);
  await build();
});

test('a new build is served at once, and a page that is open still gets its own parts', async () => {
  assert.equal((await get('/dashboard/assets/index-1.js')).status, 200);
  await build('// new', 'index-2.js', `${PAGE}<!-- new -->`);
  assert.match((await get('/dashboard/')).body.toString(), /new/);
  assert.equal((await get('/dashboard/assets/index-2.js')).body.toString(), '// new');
  assert.equal((await get('/dashboard/assets/index-1.js')).body.toString(), SCRIPT);
});

test('no path leads out of the folder', async () => {
  const secret = await get('/dashboard/');
  assert.equal(secret.status, 200);
  const step = fc.constantFrom('..', '%2e%2e', '.', '', 'assets', '%2F', '..%2f', '\\..', 'token');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const path = `/dashboard/${steps.join('/')}`;
      const { status, body } = await get(path);
      const text = body.toString();
      assert.ok(!text.includes(stage.token), path);
      assert.ok([200, 302, 400, 401, 404].includes(status), `${path}: ${status}`);
      if (status === 200) assert.match(text, /id="root"|healthz|openapi/, path);
    }),
    { numRuns: 200 },
  );
  for (const path of [
    '/dashboard/../token',
    '/dashboard/assets/../../token',
    '/dashboard/%2e%2e/token',
  ])
    assert.ok(!(await get(path)).body.toString().includes(stage.token), path);
});

test('a name that is not ours gets no page', async () => {
  const answer = await get('/dashboard/', { host: 'evil.example' });
  assert.equal(answer.status, 421);
  assert.doesNotMatch(answer.body.toString(), /root/);
});
