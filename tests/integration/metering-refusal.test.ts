/** A refusal for money is, to the official clients, their provider's 429; and they do not try again. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import OpenAI from 'openai';
import { meterCall, providerRefusal } from '../../src/egress/metering/metering.ts';

const MESSAGE = 'The budget of agent writer for this day, 5 USD, is used up.';
const MESSAGES = [{ role: 'user' as const, content: 'Hello?' }];

let server: Server;
let origin: string;
let requests = 0;

before(async () => {
  server = createServer((request, response) => {
    requests++;
    request.resume().once('end', () => {
      const { method = 'GET', url: path = '/', headers } = request;
      const call = { host: '127.0.0.1', port: 80, scheme: 'http', method, path, headers } as const;
      const body = Buffer.from('{"model":"m","input":"x","messages":[],"max_tokens":1}');
      const metered = meterCall({ ...call, ...(path !== '/mcp' && { body }) });
      const answer = providerRefusal(metered?.request, {
        ...{ code: 'budget_exhausted', message: MESSAGE, retryAfterSeconds: 30, details: {} },
      });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

beforeEach(() => {
  requests = 0;
});

for (const stream of [false, true])
  test(`the client of OpenAI, ${stream ? '' : 'not '}streamed`, async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: `${origin}/v1` });
    await assert.rejects(
      client.chat.completions.create({ model: 'm', messages: MESSAGES, stream }),
      (error) => {
        assert.ok(error instanceof OpenAI.RateLimitError);
        assert.equal(error.code, 'budget_exhausted');
        assert.equal(error.type, 'insufficient_quota');
        assert.ok(error.message.includes(MESSAGE), error.message);
        return true;
      },
    );
    await assert.rejects(
      client.responses.create({ model: 'm', input: 'x' }),
      OpenAI.RateLimitError,
    );
    assert.equal(requests, 2);
  });

test('the client of Anthropic', async () => {
  const client = new Anthropic({ apiKey: 'k', baseURL: origin });
  await assert.rejects(
    client.messages.create({ model: 'm', max_tokens: 1, messages: MESSAGES }),
    (error) => {
      assert.ok(error instanceof Anthropic.RateLimitError);
      assert.equal(error.type, 'rate_limit_error');
      assert.ok(error.message.includes(MESSAGE), error.message);
      return true;
    },
  );
  assert.equal(requests, 1);
});

test('the client of the Model Context Protocol', async () => {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`));
  await assert.rejects(client.connect(transport), (error) => {
    assert.ok(String(error).includes(MESSAGE), String(error));
    return true;
  });
  assert.equal(requests, 1);
});
