import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readiness } from '../contracts/requests.ts';
import { endpoint } from './endpoint.ts';

const health = endpoint({
  method: 'GET',
  path: '/healthz',
  permission: 'none',
  summary: 'Answers as soon as swarmd listens.',
  responses: {
    200: { description: 'swarmd runs.', schema: z.object({ status: z.literal('ok') }) },
  },
  errors: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
});

const ready = endpoint({
  method: 'GET',
  path: '/readyz',
  permission: 'none',
  summary: 'Says which parts of swarmd are ready.',
  responses: {
    200: { description: 'All parts are ready.', schema: readiness },
    503: { description: 'Some part is not ready.', schema: readiness },
  },
  errors: [],
  handle: async (_call, { system }) => {
    const state = system.readiness();
    return { status: state.ready ? 200 : 503, body: state };
  },
});

/** As it is sent: whoever reaches the port may ask for it, and making it anew takes milliseconds. */
let document: Promise<Buffer> | undefined;

const openApi = endpoint({
  method: 'GET',
  path: '/v1/openapi.json',
  permission: 'none',
  summary: 'This document: it is public, and says nothing of this installation.',
  responses: {
    200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) },
  },
  errors: [],
  handle: async (_call, { openApiPath }) => {
    document ??= readFile(openApiPath, 'utf8').then((text) =>
      Buffer.from(JSON.stringify(JSON.parse(text))),
    );
    return { content: await document, mediaType: 'application/json; charset=utf-8' };
  },
});

export const healthEndpoints = [health, ready, openApi];
