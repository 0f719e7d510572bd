/**
 * Real clients in the environment of a machine, through the proxy with interception, placeholders,
 * prices and a real audit log: answers are right, the key reaches the upstream and not the client,
 * and the log has provider, model, tokens and cost, or the tool.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { EventResource } from '../../src/contracts/event.ts';
import { type ClientsStage, KEY, openClientsStage, PLACEHOLDER } from './clients-stage.ts';
import { serveGit } from './fixtures/git-server.ts';
import { type EverythingServer, startEverythingServer } from './providers/everything-server.ts';
import { USUAL } from './providers/provider-behaviour.ts';
import { pythonClients } from './python-clients.ts';

const execute = promisify(execFile);
const CLIENTS = join(import.meta.dirname, 'fixtures', 'clients');
const TEXT = USUAL.words.join('');
const TOKENS = { input: 86, output: 44, cacheRead: 1920, reasoning: 256 };
const GO_BUILD_TIMEOUT_MS = 180_000;
/** The tokens above at the built-in prices of gpt-5.1 and claude-sonnet-4-5. */
const OPENAI = { provider: 'openai', model: 'gpt-5.1', amount: '0.0033475' };
const ANTHROPIC = { provider: 'anthropic', model: 'claude-sonnet-4-5', amount: '0.005334' };

let stage: ClientsStage;
before(async () => {
  stage = await openClientsStage();
});
after(async () => {
  await stage?.[Symbol.asyncDispose]();
});

/** So many calls to a model are in the log as they should be, and the provider saw the key each time. */
async function metered(count: number, expected: typeof OPENAI): Promise<void> {
  const calls = await stage.calls(count);
  assert.equal(calls.length, count);
  for (const { status, provider, model, tokens, cost, attributes } of calls) {
    assert.deepEqual(
      { status, provider, model, tokens, amount: cost?.amount },
      { status: 'ok', ...expected, tokens: TOKENS },
    );
    assert.match(cost?.prices ?? '', /^builtin@[0-9a-f]{12}$/);
    assert.deepEqual(attributes?.secrets, ['MODEL_API_KEY@1']);
  }
  const seen = stage.providers.requests.slice(-count);
  for (const { headers } of seen)
    assert.equal(headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /, ''), KEY);
}

const answersOf = (output: string): unknown => JSON.parse(output);

test('curl, whole and streamed', async () => {
  const ask = (body: object) =>
    stage.run([
      ...['curl', '--silent', '--show-error', '--fail-with-body', '--no-buffer'],
      ...['--header', `Authorization: Bearer ${PLACEHOLDER}`, '--json', JSON.stringify(body)],
      'https://api.openai.com/v1/chat/completions',
    ]);
  const body = { model: 'gpt-5.1', messages: [{ role: 'user', content: 'Hello?' }] };
  const whole = JSON.parse(await ask(body));
  assert.equal(whole.choices[0].message.content, TEXT);
  const streamed = await ask({ ...body, stream: true });
  assert.ok(streamed.endsWith('data: [DONE]\n\n'), streamed);
  assert.ok(!streamed.includes('"usage"'), 'nobody asked for usage');
  await metered(2, OPENAI);
});

test('git clones over HTTPS, with the placeholder as its password', async (t) => {
  const folder = join(stage.folder, 'repositories');
  const work = join(stage.folder, 'work');
  mkdirSync(work);
  const git = (...args: string[]) =>
    execute('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: work });
  await git('init', '--quiet');
  writeFileSync(join(work, 'file'), 'from far away\n');
  await git('add', 'file');
  await git('commit', '--quiet', '-m', 'first');
  await git('clone', '--quiet', '--bare', work, join(folder, 'repo.git'));
  const seen = await stage.serve('git.example.com', await serveGit(t, folder, KEY));
  const url = `https://agent:${PLACEHOLDER}@git.example.com/repo.git`;
  await stage.run(['git', 'clone', '--quiet', url, join(stage.folder, 'clone')]);
  assert.equal(readFileSync(join(stage.folder, 'clone', 'file'), 'utf8'), 'from far away\n');
  const basic = `Basic ${Buffer.from(`agent:${KEY}`).toString('base64')}`;
  assert.ok(seen.some(({ authorization }) => authorization === basic));
  const calls = await stage.calls(seen.length);
  for (const { attributes, provider } of calls) {
    assert.equal(attributes?.host, 'git.example.com');
    assert.match(String(attributes?.path), /^\/repo\.git\/(info\/refs|git-upload-pack)$/);
    assert.equal(provider, undefined);
  }
  const last = calls.at(-1);
  assert.equal(last?.status, 'ok');
  assert.deepEqual(last.attributes?.secrets, ['MODEL_API_KEY@1']);
});

test('the openai package for JavaScript', async () => {
  const program = join(CLIENTS, 'model-clients.ts');
  const output = await stage.run([process.execPath, program, 'openai']);
  assert.deepEqual(answersOf(output), [TEXT, TEXT, TEXT]);
  await metered(3, OPENAI);
});

test('the Anthropic package for JavaScript', async () => {
  const program = join(CLIENTS, 'model-clients.ts');
  const output = await stage.run([process.execPath, program, 'anthropic']);
  assert.deepEqual(answersOf(output), [TEXT, TEXT]);
  await metered(2, ANTHROPIC);
});

test("Go's own client", async (t) => {
  const program = join(stage.folder, 'model-client');
  const source = join(CLIENTS, 'model-client.go');
  const built = await execute('go', ['build', '-o', program, source], {
    timeout: GO_BUILD_TIMEOUT_MS,
    env: { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off' },
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (built === undefined) return t.skip('there is no Go');
  assert.deepEqual(answersOf(await stage.run([program])), [TEXT]);
  await metered(1, ANTHROPIC);
});

describe('Python', async () => {
  const { python, missing } = await pythonClients();
  const skip = missing ?? false;
  const run = async (way: string) =>
    answersOf(await stage.run([python ?? '', join(CLIENTS, 'model_clients.py'), way]));

  test('urllib', { skip }, async () => {
    assert.deepEqual(await run('urllib'), [TEXT]);
    await metered(1, OPENAI);
  });

  test('requests, whole and streamed', { skip }, async () => {
    assert.deepEqual(await run('requests'), [TEXT, TEXT]);
    await metered(2, OPENAI);
  });

  test('the openai package', { skip }, async () => {
    assert.deepEqual(await run('openai'), [TEXT, TEXT, TEXT]);
    await metered(3, OPENAI);
  });

  test('the anthropic package', { skip }, async () => {
    assert.deepEqual(await run('anthropic'), [TEXT, TEXT]);
    await metered(2, ANTHROPIC);
  });
});

describe('the Model Context Protocol', () => {
  const ask = async (kind: 'http' | 'sse', path: string) => {
    const url = `https://${kind}.tools.example.com${path}`;
    const program = join(CLIENTS, 'mcp-client.ts');
    const output = await stage.run([process.execPath, program, kind, url, PLACEHOLDER]);
    assert.deepEqual(answersOf(output), [{ type: 'text', text: 'Echo: hé 😀' }]);
  };
  const serve = async (kind: 'http' | 'sse', server: EverythingServer) =>
    stage.serve(`${kind}.tools.example.com`, `http://127.0.0.1:${server.port}`);
  const mcpOf = (call: EventResource) =>
    (call.attributes?.mcp ?? {}) as { methods?: string[]; toolCalls?: object[] };
  const methodsOf = (calls: readonly EventResource[]) =>
    calls.flatMap((call) => mcpOf(call).methods ?? []);

  test('streamable HTTP', async (t) => {
    const server = await startEverythingServer('streamableHttp');
    t.after(() => server.close());
    const seen = await serve('http', server);
    await ask('http', '/mcp');
    const calls = await stage.calls(seen.length);
    const tool = calls.find((call) => call.tool === 'echo');
    assert.equal(tool?.status, 'ok');
    assert.equal(tool.provider, 'http.tools.example.com');
    assert.deepEqual(mcpOf(tool).toolCalls, [{ id: 1, tool: 'echo', failed: false }]);
    assert.ok(methodsOf(calls).includes('initialize'));
    assert.ok(seen.every(({ authorization }) => authorization === `Bearer ${KEY}`));
  });

  // One session id in eight ends as a value in hexadecimal or base64 may begin.
  test('the older pair of an event stream and POSTs', async (t) => {
    const server = await startEverythingServer('sse');
    t.after(() => server.close());
    const seen = await serve('sse', server);
    await ask('sse', '/sse');
    const calls = await stage.calls(seen.length);
    const tool = calls.find((call) => call.tool === 'echo');
    assert.equal(tool?.status, 'ok');
    assert.ok(methodsOf(calls).includes('tools/call'));
    assert.ok(seen.every(({ authorization }) => authorization === `Bearer ${KEY}`));
  });
});
